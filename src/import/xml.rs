//! XML → a tree of elements with their places.
//!
//! Metadata is plain: elements and text. What could make a small file large or unsafe to read is
//! refused: document types (and with them entities of one's own), deep nesting. Attributes say nothing
//! in rule files and are passed over.

use std::ops::Range;

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::Problem;
use crate::source::{SourceFile, Span, Spanned};

/// Rule files nest five deep.
const DEEPEST: usize = 32;

/// An element, its text without the spaces around it, and the elements in it.
#[derive(Debug)]
pub struct Element {
    /// Without the namespace's prefix.
    pub name: String,
    /// The start tag.
    pub tag: Span,
    pub text: String,
    /// From the start of its text to the end.
    pub content: Span,
    pub children: Vec<Element>,
}

impl Element {
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of a child; a child without text is as none.
    pub fn text_of(&self, name: &str) -> Option<Spanned<String>> {
        let child = self.child(name)?;
        (!child.text.is_empty()).then(|| Spanned::new(child.text.clone(), child.content))
    }
}

/// The document element of a file.
pub fn read(file: &SourceFile) -> Result<Element, Problem> {
    let mut reader = Reader::from_str(&file.text);
    reader.config_mut().check_end_names = true;
    let mut tree = Tree { file, open: Vec::new(), root: None };
    loop {
        let start = reader.buffer_position() as usize;
        let event =
            reader.read_event().map_err(|why| tree.unreadable(start..reader.error_position() as usize, &why))?;
        let place = start..reader.buffer_position() as usize;
        match event {
            Event::Start(tag) => tree.open(&tag, place)?,
            Event::Empty(tag) => {
                tree.open(&tag, place.clone())?;
                tree.close(place)?;
            }
            Event::End(_) => tree.close(place)?,
            Event::Text(text) => tree.text(&text.xml_content(XmlVersion::Implicit1_0), place)?,
            Event::CData(text) => tree.text(&text.xml_content(XmlVersion::Implicit1_0), place)?,
            Event::GeneralRef(reference) => {
                let character = tree.resolve(&reference, place.clone())?;
                tree.text(character.encode_utf8(&mut [0; 4]), place)?;
            }
            Event::DocType(_) => return Err(tree.document_type(place)),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => return tree.finish(),
        }
    }
}

struct Tree<'a> {
    file: &'a SourceFile,
    open: Vec<Element>,
    root: Option<Element>,
}

impl Tree<'_> {
    fn open(&mut self, tag: &BytesStart, place: Range<usize>) -> Result<(), Problem> {
        let span = self.file.span_at(place.clone());
        if self.root.is_some() {
            return Err(
                Problem::new(span, "a second document begins here").help("an XML file has one outermost element")
            );
        }
        if self.open.len() == DEEPEST {
            return Err(Problem::new(span, format!("elements are nested more than {DEEPEST} deep")));
        }
        let name = tag.local_name().as_ref().to_owned();
        let content = self.file.span_at(place.end..place.end);
        self.open.push(Element { name, tag: span, text: String::new(), content, children: Vec::new() });
        Ok(())
    }

    fn close(&mut self, place: Range<usize>) -> Result<(), Problem> {
        let span = self.file.span_at(place);
        let mut element = self.open.pop().ok_or_else(|| Problem::new(span, "nothing is open that could end here"))?;
        element.text = element.text.trim().to_owned();
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn text(&mut self, text: &str, place: Range<usize>) -> Result<(), Problem> {
        let span = self.file.span_at(place);
        match self.open.last_mut() {
            Some(element) => {
                let before = &self.file.text[self.file.local(span)];
                if element.text.is_empty() {
                    let blank = (before.len() - before.trim_start().len()) as u32;
                    element.content = Span::new(span.start + blank, span.end);
                }
                if !text.trim().is_empty() {
                    let after = (before.len() - before.trim_end().len()) as u32;
                    element.content.end = (span.end - after).max(element.content.start);
                }
                // Spaces before the text say nothing, and are not to be counted as its beginning.
                element.text.push_str(if element.text.is_empty() { text.trim_start() } else { text });
            }
            None if text.trim_matches(|sign: char| sign.is_whitespace() || sign == '\u{feff}').is_empty() => {}
            None => return Err(Problem::new(span, "text stands outside of every element").help(NOT_XML)),
        }
        Ok(())
    }

    /// One of the five entities of XML, or a character by its number.
    fn resolve(&self, reference: &BytesRef, place: Range<usize>) -> Result<char, Problem> {
        let name = reference.xml_content(XmlVersion::Implicit1_0);
        let known = match &*name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => reference.resolve_char_ref().ok().flatten(),
        };
        known.ok_or_else(|| {
            Problem::new(self.file.span_at(place), format!("`&{name};` is no character of XML"))
                .help("a plain `&` is written `&amp;`")
        })
    }

    fn document_type(&self, place: Range<usize>) -> Problem {
        Problem::new(
            self.file.span_at(place.start..place.start + "<!DOCTYPE".len()),
            "the file declares a document type",
        )
        .help("rule files have none; it could make a small file a large one, so it is not read")
    }

    fn unreadable(&self, place: Range<usize>, why: &quick_xml::Error) -> Problem {
        let end = self.file.text[place.start..].find(['\n', '>']).map_or(place.end, |end| place.start + end + 1);
        let span = self.file.span_at(place.start..end.max(place.start));
        let why = match why {
            quick_xml::Error::IllFormed(why) => why.to_string(),
            quick_xml::Error::Syntax(why) => why.to_string(),
            other => other.to_string(),
        };
        Problem::new(span, format!("the file is no well-formed XML: {why}"))
    }

    fn finish(mut self) -> Result<Element, Problem> {
        if let Some(element) = self.open.pop() {
            return Err(
                Problem::new(element.tag, format!("`<{}>` is never closed", element.name)).help("is the file cut off?")
            );
        }
        self.root.ok_or_else(|| {
            let start = self.file.span_at(0..0);
            Problem::new(start, "the file is empty").help(NOT_XML)
        })
    }
}

const NOT_XML: &str = "give a file such as `Lead.assignmentRules-meta.xml`, as retrieved from Salesforce";
