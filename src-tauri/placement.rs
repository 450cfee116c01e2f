//! Where the window stands: remembered while it is moved, and put back where there is a screen.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use regie_client::{Client, WindowPlace};
use tauri::{AppHandle, Manager, Monitor, WebviewWindow};

use crate::window;

/// The size of a first window, in logical pixels.
const USUAL: (f64, f64) = (1180.0, 820.0);

/// A screen, in logical pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Screen {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

/// Whether the window moved since it was last remembered.
#[derive(Default)]
pub(crate) struct Moved(AtomicBool);

impl Moved {
    pub(crate) fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Where the next window goes: as remembered, as far as today's screens allow. Without a position the system chooses.
pub(crate) fn next(app: &AppHandle) -> (WindowPlace, bool) {
    let screens: Vec<_> = app
        .available_monitors()
        .unwrap_or_default()
        .iter()
        .map(screen)
        .collect();
    match app.state::<Arc<Client>>().window_place() {
        Some(remembered) => (within(remembered, &screens), true),
        None => {
            let (width, height) = USUAL;
            let usual = WindowPlace {
                x: 0.0,
                y: 0.0,
                width,
                height,
                maximised: false,
            };
            (within(usual, &screens), false)
        }
    }
}

/// Remembers where the window stands, when it moved since.
pub(crate) fn remember(app: &AppHandle) {
    if !app.state::<Moved>().0.swap(false, Ordering::Relaxed) {
        return;
    }
    let core = app.state::<Arc<Client>>();
    let place = window::main(app).and_then(|window| place(&window, core.window_place()).ok());
    if let Some(place) = place
        && let Err(error) = core.remember_window(place)
    {
        tracing::warn!(%error, "the window's place could not be stored");
    }
}

fn place(window: &WebviewWindow, before: Option<WindowPlace>) -> tauri::Result<WindowPlace> {
    let scale = window.scale_factor()?;
    let size = window.inner_size()?.to_logical::<f64>(scale);
    let position = window.outer_position()?.to_logical::<f64>(scale);
    let now = WindowPlace {
        x: position.x,
        y: position.y,
        width: size.width,
        height: size.height,
        maximised: false,
    };
    Ok(if window.is_maximized()? {
        WindowPlace {
            maximised: true,
            ..before.unwrap_or(now)
        }
    } else {
        now
    })
}

fn screen(monitor: &Monitor) -> Screen {
    let scale = monitor.scale_factor();
    let area = monitor.work_area();
    let (position, size) = (
        area.position.to_logical::<f64>(scale),
        area.size.to_logical::<f64>(scale),
    );
    Screen {
        x: position.x,
        y: position.y,
        width: size.width,
        height: size.height,
    }
}

/// Moves and shrinks a place onto the screen with which it has most in common; a screen that was unplugged must not take
/// the window with it.
fn within(place: WindowPlace, screens: &[Screen]) -> WindowPlace {
    let common = |screen: &Screen| {
        let width = (place.x + place.width).min(screen.x + screen.width) - place.x.max(screen.x);
        let height = (place.y + place.height).min(screen.y + screen.height) - place.y.max(screen.y);
        width.max(0.0) * height.max(0.0)
    };
    // The first of equals: the system lists its main screen first.
    let best = screens.iter().reduce(|best, screen| {
        if common(screen) > common(best) {
            screen
        } else {
            best
        }
    });
    let Some(screen) = best else { return place };
    let (width, height) = (place.width.min(screen.width), place.height.min(screen.height));
    WindowPlace {
        x: place.x.clamp(screen.x, screen.x + screen.width - width),
        y: place.y.clamp(screen.y, screen.y + screen.height - height),
        width,
        height,
        ..place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAPTOP: Screen = Screen {
        x: 0.0,
        y: 0.0,
        width: 1366.0,
        height: 740.0,
    };
    const BESIDE: Screen = Screen {
        x: 1366.0,
        y: -200.0,
        width: 2560.0,
        height: 1400.0,
    };

    fn place(x: f64, y: f64, width: f64, height: f64) -> WindowPlace {
        WindowPlace {
            x,
            y,
            width,
            height,
            maximised: false,
        }
    }

    #[test]
    fn a_window_stays_where_it_was_while_its_screen_is_there() {
        let stood = place(2000.0, 100.0, 1180.0, 820.0);
        assert_eq!(within(stood, &[LAPTOP, BESIDE]), stood);
    }

    #[test]
    fn a_window_of_an_unplugged_screen_comes_onto_the_one_that_is_left_whole() {
        let stood = place(3000.0, 900.0, 1600.0, 1200.0);
        assert_eq!(within(stood, &[LAPTOP]), place(0.0, 0.0, 1366.0, 740.0));
        assert_eq!(
            within(place(3000.0, 900.0, 600.0, 500.0), &[LAPTOP]),
            place(766.0, 240.0, 600.0, 500.0)
        );
        assert_eq!(
            within(place(-900.0, 50.0, 600.0, 500.0), &[LAPTOP, BESIDE]),
            place(0.0, 50.0, 600.0, 500.0)
        );
    }

    #[test]
    fn without_a_known_screen_nothing_is_guessed() {
        assert_eq!(
            within(place(5.0, 5.0, 900.0, 700.0), &[]),
            place(5.0, 5.0, 900.0, 700.0)
        );
    }
}
