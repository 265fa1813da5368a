//! The conversation: messages come in on one side and go out on the other, one after the other.
//!
//! One thread reads standard input, one works out the lints, and this one does everything else, in the order
//! of the messages, so there is nothing to lock. It never waits for the lints.

use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, after, never, select, unbounded};
use gen_lsp_types as lsp;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::analysis::{self, Done, Job};
use super::positions::Encoding;
use super::requests::{Refusal, answer};
use super::settings::{Analyse, Settings};
use super::workspace::{Shown, Workspace};

/// So long nothing must be typed before the lints look at a text.
const QUIET: Duration = Duration::from_millis(250);

/// What the server is given by the process it runs in.
pub struct Surroundings<'s> {
    /// Where messages come from.
    pub input: Box<dyn BufRead + Send>,
    /// Where they go.
    pub output: &'s mut dyn Write,
    /// The moment that the lints look from, in a project's time zone.
    pub now: &'s dyn Fn(&TimeZone) -> Timestamp,
}

/// How a conversation ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// The client said that it would end, and then that it does.
    Agreed,
    /// It broke off.
    BrokenOff,
}

/// Talks to a client until it ends the conversation.
pub fn serve(surroundings: Surroundings<'_>) -> io::Result<Ending> {
    let (jobs, done) = analysis::start();
    let incoming = read(surroundings.input);
    let server = Server {
        output: surroundings.output,
        now: surroundings.now,
        workspace: Workspace::default(),
        jobs,
        state: State::New,
        quiet: never(),
        watches_files: false,
        complaint: None,
    };
    server.run(&incoming, &done)
}

/// What was read.
enum Incoming {
    Message(Message),
    /// Not a message; what is wrong with it.
    Malformed(String),
}

/// Reads messages until there are no more. What is none is passed over: the next one may be.
fn read(mut input: Box<dyn BufRead + Send>) -> Receiver<Incoming> {
    let (sender, receiver) = unbounded();
    thread::spawn(move || {
        loop {
            let read = match Message::read(&mut input) {
                Ok(Some(message)) => Incoming::Message(message),
                Err(why) if why.kind() == io::ErrorKind::InvalidData => Incoming::Malformed(why.to_string()),
                Ok(None) | Err(_) => return,
            };
            if sender.send(read).is_err() {
                return;
            }
        }
    });
    receiver
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before `initialize`.
    New,
    Running,
    /// After `shutdown`.
    Closed,
}

struct Server<'s> {
    output: &'s mut dyn Write,
    now: &'s dyn Fn(&TimeZone) -> Timestamp,
    workspace: Workspace,
    jobs: Sender<Job>,
    state: State,
    /// When nothing has been typed for a moment.
    quiet: Receiver<Instant>,
    /// Whether the client tells of files that change on disk, if it is asked to.
    watches_files: bool,
    /// What is wrong with the settings, to be said when there is somebody to read it.
    complaint: Option<String>,
}

impl Server<'_> {
    fn run(mut self, incoming: &Receiver<Incoming>, done: &Receiver<Done>) -> io::Result<Ending> {
        loop {
            if incoming.is_empty() {
                self.settle()?;
            }
            select! {
                recv(incoming) -> read => match read {
                    Ok(Incoming::Message(Message::Request(request))) => self.request(request)?,
                    Ok(Incoming::Message(Message::Notification(notification))) if notification.method == "exit" => {
                        return Ok(if self.state == State::Closed { Ending::Agreed } else { Ending::BrokenOff });
                    }
                    Ok(Incoming::Message(Message::Notification(notification))) => self.notification(notification)?,
                    // The only question that is asked is to be told of files, and there is no other way.
                    Ok(Incoming::Message(Message::Response(_))) => {}
                    Ok(Incoming::Malformed(why)) => self.log(lsp::MessageType::Error, &format!("a message cannot be read: {why}"))?,
                    Err(_) => return Ok(Ending::BrokenOff),
                },
                recv(done) -> done => if let Ok(done) = done {
                    self.take(done)?;
                },
                recv(self.quiet) -> _ => {
                    self.quiet = never();
                    self.settle()?;
                    self.analyse();
                },
            }
        }
    }

    // --- requests ---

    fn request(&mut self, request: Request) -> io::Result<()> {
        let Request { id, method, params } = request;
        let response = match (self.state, method.as_str()) {
            (State::New, "initialize") => match self.initialize(params) {
                Ok(result) => Response::new_ok(id, result),
                Err(why) => Response::new_err(id, ErrorCode::InvalidParams as i32, why),
            },
            (State::New, _) => {
                Response::new_err(id, ErrorCode::ServerNotInitialized as i32, "`initialize` comes first".to_owned())
            }
            (State::Running, "initialize") => {
                Response::new_err(id, ErrorCode::InvalidRequest as i32, "`initialize` has come already".to_owned())
            }
            (State::Running, "shutdown") => {
                self.state = State::Closed;
                Response::new_ok(id, Value::Null)
            }
            (State::Running, method) => {
                self.settle()?;
                self.answer(id, method, params)
            }
            (State::Closed, _) => {
                Response::new_err(id, ErrorCode::InvalidRequest as i32, "`shutdown` has come already".to_owned())
            }
        };
        self.send(response.into())
    }

    /// A panic is a mistake of this program, and no reason to end a conversation.
    fn answer(&self, id: RequestId, method: &str, params: Value) -> Response {
        match catch_unwind(AssertUnwindSafe(|| answer(&self.workspace, method, params))) {
            Ok(Ok(result)) => Response::new_ok(id, result),
            Ok(Err(Refusal::Unknown)) => {
                Response::new_err(id, ErrorCode::MethodNotFound as i32, format!("there is no request `{method}`"))
            }
            Ok(Err(Refusal::Unreadable(why))) => Response::new_err(id, ErrorCode::InvalidParams as i32, why),
            Ok(Err(Refusal::Impossible(why))) => Response::new_err(id, ErrorCode::RequestFailed as i32, why),
            Err(_) => {
                let message = format!("`{method}` met a defect of pointsman: please report it");
                Response::new_err(id, ErrorCode::InternalError as i32, message)
            }
        }
    }

    fn initialize(&mut self, params: Value) -> Result<lsp::InitializeResult, String> {
        let params: lsp::InitializeParams = serde_json::from_value(params).map_err(|why| why.to_string())?;
        let client = &params.capabilities;
        let encodings = client.general.as_ref().and_then(|general| general.position_encodings.as_deref());
        self.workspace.encoding = Encoding::of(encodings.unwrap_or_default());
        let shows = client.text_document.as_ref().and_then(|text| text.publish_diagnostics.as_ref());
        self.workspace.related =
            shows.and_then(|shows| shows.diagnostics_capabilities.related_information).unwrap_or(false);
        let watched = client.workspace.as_ref().and_then(|workspace| workspace.did_change_watched_files.as_ref());
        self.watches_files = watched.and_then(|watched| watched.dynamic_registration).unwrap_or(false);
        if let Some(options) = &params.initialization_options {
            match Settings::read(options) {
                Ok(settings) => self.workspace.settings = settings,
                Err(why) => self.complaint = Some(why),
            }
        }
        self.state = State::Running;
        Ok(lsp::InitializeResult {
            capabilities: capabilities(self.workspace.encoding),
            server_info: Some(lsp::ServerInfo {
                name: "pointsman".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
        })
    }

    // --- notifications ---

    fn notification(&mut self, notification: Notification) -> io::Result<()> {
        if self.state != State::Running {
            return Ok(());
        }
        let Notification { method, params } = notification;
        match self.notified(&method, params) {
            Ok(()) => {
                if method == "initialized" {
                    self.watch_files()?;
                }
                self.complain()
            }
            Err(why) => self.log(lsp::MessageType::Error, &format!("`{method}` cannot be read: {why}")),
        }
    }

    fn notified(&mut self, method: &str, params: Value) -> Result<(), String> {
        let workspace = &mut self.workspace;
        match method {
            "textDocument/didOpen" => {
                let item = read_as::<lsp::DidOpenTextDocumentParams>(params)?.text_document;
                workspace.note_change(&item.uri);
                workspace.documents.open(item);
                self.analyse_soon(Duration::ZERO);
            }
            "textDocument/didChange" => {
                let params: lsp::DidChangeTextDocumentParams = read_as(params)?;
                workspace.note_change(&params.text_document.text_document_identifier.uri);
                workspace.documents.change(params, workspace.encoding);
                if workspace.settings.analyse == Analyse::Idle {
                    self.analyse_soon(QUIET);
                }
            }
            "textDocument/didSave" => {
                // What is saved is the text that was sent.
                read_as::<lsp::DidSaveTextDocumentParams>(params)?;
                self.analyse_soon(Duration::ZERO);
            }
            "textDocument/didClose" => {
                let params: lsp::DidCloseTextDocumentParams = read_as(params)?;
                workspace.note_change(&params.text_document.uri);
                workspace.documents.close(&params.text_document.uri);
                self.analyse_soon(Duration::ZERO);
            }
            "workspace/didChangeWatchedFiles" => {
                let params: lsp::DidChangeWatchedFilesParams = read_as(params)?;
                for event in params.changes {
                    // An open text counts, whatever is saved beside it.
                    if workspace.documents.get(&event.uri).is_none() {
                        workspace.note_change(&event.uri);
                    }
                }
                self.analyse_soon(QUIET);
            }
            "workspace/didChangeConfiguration" => {
                let params: lsp::DidChangeConfigurationParams = read_as(params)?;
                match Settings::read(&params.settings) {
                    Ok(settings) => {
                        workspace.settings = settings;
                        workspace.note_settings();
                        self.analyse_soon(Duration::ZERO);
                    }
                    Err(why) => self.complaint = Some(why),
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Wrong settings leave things as they are, and are said where the user sees it.
    fn complain(&mut self) -> io::Result<()> {
        let Some(why) = self.complaint.take() else { return Ok(()) };
        let message = format!("the settings of pointsman cannot be read: {why}");
        self.notify("window/showMessage", &lsp::ShowMessageParams { kind: lsp::MessageType::Warning, message })
    }

    fn watch_files(&mut self) -> io::Result<()> {
        if !self.watches_files {
            return Ok(());
        }
        let watchers = ["**/*.rules", "**/*.{yaml,yml}", "**/*.{csv,tsv}", "**/*.ics"];
        let watchers: Vec<Value> = watchers.iter().map(|pattern| json!({ "globPattern": pattern })).collect();
        let registration = json!({
            "id": "files",
            "method": "workspace/didChangeWatchedFiles",
            "registerOptions": { "watchers": watchers },
        });
        let params = json!({ "registrations": [registration] });
        let request = Request::new("files".to_owned().into(), "client/registerCapability".to_owned(), params);
        self.send(request.into())
    }

    // --- what is found ---

    /// Loads what has changed, and shows what that finds.
    fn settle(&mut self) -> io::Result<()> {
        let shown = catch_unwind(AssertUnwindSafe(|| self.workspace.settle()));
        match shown {
            Ok(shown) => self.show(shown),
            Err(_) => self.log(lsp::MessageType::Error, "a project met a defect of pointsman: please report it"),
        }
    }

    fn analyse_soon(&mut self, delay: Duration) {
        self.quiet = after(delay);
    }

    fn analyse(&mut self) {
        for job in self.workspace.jobs(self.now) {
            // The thread that takes them ends after this one.
            let _ = self.jobs.send(job);
        }
    }

    fn take(&mut self, done: Done) -> io::Result<()> {
        match self.workspace.take(done) {
            Ok(shown) => self.show(shown),
            Err(why) => self.log(lsp::MessageType::Error, &why),
        }
    }

    fn show(&mut self, shown: Vec<Shown>) -> io::Result<()> {
        for shown in shown {
            self.notify("textDocument/publishDiagnostics", &shown)?;
        }
        Ok(())
    }

    // --- what goes out ---

    fn log(&mut self, kind: lsp::MessageType, message: &str) -> io::Result<()> {
        self.notify("window/logMessage", &lsp::LogMessageParams { kind, message: message.to_owned() })
    }

    fn notify(&mut self, method: &str, params: &impl Serialize) -> io::Result<()> {
        self.send(Notification::new(method.to_owned(), params).into())
    }

    fn send(&mut self, message: Message) -> io::Result<()> {
        message.write(&mut self.output)
    }
}

fn read_as<P: DeserializeOwned>(params: Value) -> Result<P, String> {
    serde_json::from_value(params).map_err(|why| why.to_string())
}

/// What the server can do.
fn capabilities(encoding: Encoding) -> lsp::ServerCapabilities {
    let characters = ['.', '[', '"', ' '].map(|character| character.to_string());
    lsp::ServerCapabilities {
        position_encoding: Some(encoding.kind()),
        text_document_sync: Some(lsp::TextDocumentSync::Options(lsp::TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(lsp::TextDocumentSyncKind::Incremental),
            save: Some(lsp::Save::Bool(true)),
            ..lsp::TextDocumentSyncOptions::default()
        })),
        completion_provider: Some(lsp::CompletionOptions {
            trigger_characters: Some(characters.to_vec()),
            ..lsp::CompletionOptions::default()
        }),
        hover_provider: Some(lsp::HoverProvider::Bool(true)),
        definition_provider: Some(lsp::DefinitionProvider::Bool(true)),
        references_provider: Some(lsp::ReferencesProvider::Bool(true)),
        document_highlight_provider: Some(lsp::DocumentHighlightProvider::Bool(true)),
        document_symbol_provider: Some(lsp::DocumentSymbolProvider::Bool(true)),
        document_formatting_provider: Some(lsp::DocumentFormattingProvider::Bool(true)),
        rename_provider: Some(lsp::RenameProvider::RenameOptions(lsp::RenameOptions {
            prepare_provider: Some(true),
            ..lsp::RenameOptions::default()
        })),
        code_action_provider: Some(lsp::CodeActionProvider::CodeActionOptions(lsp::CodeActionOptions {
            code_action_kinds: Some(vec![lsp::CodeActionKind::QuickFix]),
            ..lsp::CodeActionOptions::default()
        })),
        ..lsp::ServerCapabilities::default()
    }
}
