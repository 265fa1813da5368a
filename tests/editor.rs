//! An editor that talks to `pointsman lsp` as a real one does: the program runs, and messages go over its
//! standard streams. Nothing waits for time to pass, only for messages.

#![expect(clippy::disallowed_methods, reason = "an editor reads and writes files")]

use std::collections::VecDeque;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use lsp_server::{Message, Notification, Request, Response};
use serde_json::{Value, json};

use crate::program::MONDAY;

pub struct Editor {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
    last_id: i32,
    /// Notifications that nobody has asked for yet.
    waiting: VecDeque<Notification>,
    folder: PathBuf,
}

impl Editor {
    /// An editor in a folder, which says what most editors say.
    pub fn new(folder: &Path) -> Editor {
        Editor::with(folder, json!({ "analyse": "save" }), &["utf-16"])
    }

    /// The same with settings, and with what it can count columns in.
    pub fn with(folder: &Path, settings: Value, encodings: &[&str]) -> Editor {
        let mut editor = Editor::silent(folder);
        let capabilities = json!({
            "general": { "positionEncodings": encodings },
            "textDocument": { "publishDiagnostics": { "relatedInformation": true } },
            "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } },
        });
        let params = json!({ "processId": null, "rootUri": null, "capabilities": capabilities, "initializationOptions": settings });
        editor.ask("initialize", params).expect("a server that begins");
        editor.tell("initialized", json!({}));
        editor
    }

    /// An editor that has not said anything yet.
    pub fn silent(folder: &Path) -> Editor {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pointsman"));
        command.args(["lsp", "--at", MONDAY]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the program was built with its tests");
        let (to, from) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Editor { child, to, from, last_id: 0, waiting: VecDeque::new(), folder: folder.to_owned() }
    }

    pub fn uri(&self, name: &str) -> String {
        gen_lsp_types::Uri::from_file_path(self.folder.join(name)).unwrap().to_string()
    }

    // --- messages ---

    pub fn write(&mut self, bytes: &[u8]) {
        let to = self.to.as_mut().unwrap();
        to.write_all(bytes).unwrap();
        to.flush().unwrap();
    }

    pub fn tell(&mut self, method: &str, params: Value) {
        self.send(Notification::new(method.to_owned(), params).into());
    }

    /// Asks, and waits for the answer; an error is its code and message.
    pub fn ask(&mut self, method: &str, params: Value) -> Result<Value, (i32, String)> {
        self.last_id += 1;
        self.send(Request::new(self.last_id.into(), method.to_owned(), params).into());
        loop {
            match self.read() {
                Message::Response(Response { id, response_result }) => {
                    assert_eq!(id, self.last_id.into(), "answers come in the order of questions");
                    return response_result.map_err(|error| (error.code, error.message));
                }
                Message::Notification(notification) => self.waiting.push_back(notification),
                Message::Request(_) => {}
            }
        }
    }

    fn send(&mut self, message: Message) {
        message.write(self.to.as_mut().unwrap()).unwrap();
    }

    fn read(&mut self) -> Message {
        Message::read(&mut self.from).unwrap().expect("the server goes on")
    }

    /// The next notification of a kind.
    pub fn told(&mut self, method: &str) -> Value {
        loop {
            while let Some(notification) = self.waiting.pop_front() {
                if notification.method == method {
                    return notification.params;
                }
            }
            if let Message::Notification(notification) = self.read() {
                self.waiting.push_back(notification);
            }
        }
    }

    /// Ends the conversation as agreed; the exit code.
    pub fn end(mut self) -> Option<i32> {
        self.ask("shutdown", Value::Null).unwrap();
        self.tell("exit", Value::Null);
        self.child.wait().unwrap().code()
    }

    /// Goes away without a word; the exit code.
    pub fn break_off(mut self) -> Option<i32> {
        self.to = None;
        self.child.wait().unwrap().code()
    }

    /// Says `exit` at once; the exit code.
    pub fn exit(mut self) -> Option<i32> {
        self.tell("exit", Value::Null);
        self.child.wait().unwrap().code()
    }

    // --- texts ---

    /// Opens a file as it is on disk, and waits for what loading it and then the lints find.
    pub fn open(&mut self, name: &str) -> String {
        let text = std::fs::read_to_string(self.folder.join(name)).unwrap();
        self.open_as(name, &text);
        text
    }

    pub fn open_as(&mut self, name: &str, text: &str) {
        let uri = self.uri(name);
        self.open_uri(&uri, text);
    }

    pub fn open_uri(&mut self, uri: &str, text: &str) {
        let item = json!({ "uri": uri, "languageId": "pointsman", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": item }));
    }

    /// The whole text is another one.
    pub fn change(&mut self, name: &str, version: i32, text: &str) {
        let document = json!({ "uri": self.uri(name), "version": version });
        let params = json!({ "textDocument": document, "contentChanges": [{ "text": text }] });
        self.tell("textDocument/didChange", params);
    }

    pub fn save(&mut self, name: &str) {
        let params = json!({ "textDocument": { "uri": self.uri(name) } });
        self.tell("textDocument/didSave", params);
    }

    /// What is shown next for a file.
    pub fn shown(&mut self, name: &str) -> Shown {
        let uri = self.uri(name);
        self.shown_at(&uri)
    }

    pub fn shown_at(&mut self, uri: &str) -> Shown {
        loop {
            let params = self.told("textDocument/publishDiagnostics");
            if params["uri"] == uri {
                let diagnostics = params["diagnostics"].as_array().unwrap().clone();
                return Shown { version: params["version"].as_i64(), diagnostics };
            }
        }
    }

    /// Waits until a finding of a code is shown for a file.
    pub fn shown_with(&mut self, name: &str, code: &str) -> Value {
        loop {
            if let Some(found) = self.shown(name).find(code) {
                return found.clone();
            }
        }
    }

    /// Asks about a place: the file, and where a piece of its text begins, and so many characters on.
    pub fn at(&self, name: &str, position: Value) -> Value {
        json!({ "textDocument": { "uri": self.uri(name) }, "position": position })
    }
}

impl Drop for Editor {
    /// A test that fails leaves no server behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What an editor shows for a text.
#[derive(Debug)]
pub struct Shown {
    pub version: Option<i64>,
    pub diagnostics: Vec<Value>,
}

impl Shown {
    pub fn codes(&self) -> Vec<&str> {
        self.diagnostics.iter().map(|diagnostic| diagnostic["code"].as_str().unwrap()).collect()
    }

    pub fn find(&self, code: &str) -> Option<&Value> {
        self.diagnostics.iter().find(|diagnostic| diagnostic["code"] == code)
    }
}

/// The place at which a piece of a text begins, some characters on. Columns are in UTF-16.
pub fn place(text: &str, piece: &str, on: usize) -> Value {
    let offset = text.find(piece).unwrap_or_else(|| panic!("`{piece}` is not there"));
    let offset = text[offset..].char_indices().nth(on).map_or(text.len(), |(at, _)| offset + at);
    let line = text[..offset].matches('\n').count();
    let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let character: usize = text[start..offset].chars().map(char::len_utf16).sum();
    json!({ "line": line, "character": character })
}

/// A text after edits of the protocol, columns in UTF-16.
pub fn edited(text: &str, edits: &[Value]) -> String {
    let offset = |position: &Value| {
        let line = position["line"].as_u64().unwrap() as usize;
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        let mut left = position["character"].as_u64().unwrap() as usize;
        let mut at = start;
        for character in text[start..].chars() {
            if left == 0 {
                break;
            }
            left -= character.len_utf16();
            at += character.len_utf8();
        }
        at
    };
    let mut edits: Vec<(usize, usize, &str)> = edits
        .iter()
        .map(|edit| {
            let range = &edit["range"];
            (offset(&range["start"]), offset(&range["end"]), edit["newText"].as_str().unwrap())
        })
        .collect();
    edits.sort_by_key(|(start, end, _)| (*start, *end));
    let mut text = text.to_owned();
    for (start, end, new) in edits.into_iter().rev() {
        text.replace_range(start..end, new);
    }
    text
}

/// Makes the changes of an answer to the files they name.
pub fn make(edit: &Value) {
    for (uri, edits) in edit["changes"].as_object().expect("changes") {
        let path = uri.parse::<gen_lsp_types::Uri>().unwrap().to_file_path().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, edited(&text, edits.as_array().unwrap())).unwrap();
    }
}
