//! The port to a page that is used: looked at, clicked, typed into, within one host.

use std::path::PathBuf;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::WebError;

/// A page that is used. It stays at its host, sends no form that was not approved, and once something
/// was typed, asks nothing of other hosts. Dropping it closes it.
#[async_trait]
pub trait Visit: Send + Sync {
    /// The page as it is now.
    ///
    /// # Errors
    /// [`WebError`].
    async fn view(&mut self) -> Result<View, WebError>;

    /// The form that a click on an element would send. `None` where it sends none.
    ///
    /// # Errors
    /// [`WebError`].
    async fn will_submit(&self, number: usize) -> Result<Option<Form>, WebError>;

    /// Does something, and waits until the page is at rest again.
    ///
    /// # Errors
    /// [`WebError::Refused`], among others where a click would send a form, lead to another host, or
    /// where a password would be typed. The page stays as it is then.
    async fn act(&mut self, act: Act) -> Result<(), WebError>;
}

/// A page as whoever uses it sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Its address.
    pub address: String,
    /// Its title.
    pub title: String,
    /// What it says.
    pub markdown: String,
    /// What can be used, at most 200. The place in this list is its number, which holds until the next
    /// view.
    pub elements: Vec<Element>,
    /// A picture of it, a PNG file in Devika's own folder, where one was taken.
    pub screenshot: Option<PathBuf>,
}

/// Something on a page that can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Element {
    /// `link`, `button`, `input` or `choice`.
    pub kind: String,
    /// What it is called.
    pub label: String,
    /// A link's address, what an input holds, or the choices, between ` | `.
    pub value: String,
}

/// What is done to a page. Numbers are of the last view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Clicks on an element that sends no form.
    Click(usize),
    /// Clicks on an element that sends a form, which the user has approved.
    Submit(usize),
    /// Types into an input, in place of what it holds, or takes a choice by its name.
    Type(usize, String),
    /// Goes one page down.
    Scroll,
    /// Goes back to the page before.
    Back,
}

/// What would be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// To which address.
    pub action: String,
    /// `GET` or `POST`.
    pub method: String,
    /// What.
    pub fields: Vec<Field>,
}

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub value: String,
}
