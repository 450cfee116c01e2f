//! Stories about the core, driven as the window drives it.

mod account;
mod account_care;
mod account_recovery;
mod attachment;
mod backup;
mod crash;
mod deletion;
mod diary;
mod faults;
mod first_run;
mod keys;
mod lock;
mod manifests;
mod memory;
mod meter;
mod new_device;
mod outside;
mod pairing;
mod people;
mod proofs;
mod reminder;
mod report;
mod server;
mod sync;
mod take_along;
mod vectors;
