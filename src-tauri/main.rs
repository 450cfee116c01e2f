//! Regie's window.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

/// Whatever is freed is wiped first, so that locking also removes the copies that libraries made on the way.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> anyhow::Result<()> {
    regie_lib::run()
}
