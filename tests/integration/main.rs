//! Stories about the core.
