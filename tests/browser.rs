//! Pages as a browser shows them, where the machine has one.

#![expect(clippy::disallowed_methods, reason = "tests look at a browser's pictures")]

use std::io::Write;
use std::path::Path;
use std::process::Command;

/// A Chromium of this machine, if it has one; says so if it has none.
pub fn chromium() -> Option<&'static str> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = names
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()));
    if found.is_none() {
        // Straight to the stream: what is printed by a test that passes is not shown.
        let _ = writeln!(std::io::stderr(), "skipped: there is no Chromium here to look at the page with");
    }
    found
}

/// Opens a page, and returns what the browser prints. `place` is what stands after the file's name.
pub fn browse(browser: &str, page: &Path, place: &str, arguments: &[&str]) -> String {
    let profile = tempfile::TempDir::new().unwrap();
    let mut command = Command::new(browser);
    command.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--hide-scrollbars",
    ]);
    command.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
    command.arg(format!("--user-data-dir={}", profile.path().display())).args(arguments);
    let output = command.arg(format!("file://{}{place}", page.display())).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A picture of a page by day (`1`) or by night (`0`).
pub fn picture(browser: &str, page: &Path, scheme: &str, width: u32) -> Vec<u8> {
    let folder = tempfile::TempDir::new().unwrap();
    let picture = folder.path().join("picture.png");
    let (shot, size) = (format!("--screenshot={}", picture.display()), format!("--window-size={width},900"));
    browse(browser, page, "", &[&shot, &size, &format!("--blink-settings=preferredColorScheme={scheme}")]);
    std::fs::read(picture).unwrap()
}

/// Width and height of a PNG, from its header.
pub fn size(png: &[u8]) -> (u32, u32) {
    assert!(png.starts_with(b"\x89PNG"));
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}
