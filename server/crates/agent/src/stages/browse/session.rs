//! The page in the browser. A task that is taken up again opens it where the journal says that it was,
//! and types what was typed there; what a form has brought is not asked for again.

use std::sync::Arc;

use devika_browser::{Act, Element, Form, View, Visit, WebError};
use serde::{Deserialize, Serialize};

use crate::knowledge::ReadAndRemember;
use crate::stages::browse::answer::Wish;
use crate::stages::browse::seen::host;

/// What came of an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Did {
    Done,
    /// Nothing yet: it would send this.
    Sends(Form),
    Refused(String),
}

/// What came of sending a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Delivery {
    Done,
    /// It was not sent.
    Refused(String),
    /// It may have been sent.
    Unknown(String),
}

/// What the journal knows of the page, and the page itself once it is needed.
pub(super) struct Session {
    open: Option<Open>,
    /// Where the page is.
    at: String,
    /// What was typed since it came there.
    typed: Vec<(Element, String)>,
    /// Whether a form was sent in this task.
    has_sent: bool,
}

struct Open {
    visit: Box<dyn Visit>,
    /// All elements of the last view, which the visit names by their places.
    elements: Vec<Element>,
}

impl Session {
    pub(super) fn new(address: String) -> Self {
        Self { open: None, at: address, typed: Vec::new(), has_sent: false }
    }

    /// Notes that the page is at an address.
    pub(super) fn is_at(&mut self, address: &str) {
        if self.at != address {
            self.at = address.to_owned();
            self.typed.clear();
        }
    }

    /// Notes what was typed.
    pub(super) fn has_typed(&mut self, element: Element, text: String) {
        self.typed.push((element, text));
    }

    /// Notes that a form was sent, or may have been.
    pub(super) fn has_sent(&mut self) {
        self.has_sent = true;
    }

    /// Whether what is seen may be remembered: what a form has brought is the user's own affair.
    pub(super) fn is_public(&self) -> bool {
        !self.has_sent
    }

    /// The page as it is now.
    ///
    /// # Errors
    /// Why it cannot be seen, as a sentence.
    pub(super) async fn view(&mut self, web: &Arc<ReadAndRemember>) -> Result<View, String> {
        let open = self.opened(web).await?;
        match open.visit.view().await {
            Ok(view) => {
                open.elements.clone_from(&view.elements);
                Ok(view)
            }
            Err(error) => {
                self.open = None;
                Err(error.to_string())
            }
        }
    }

    /// Does what the model wishes, unless it sends a form. `element` is what it names.
    pub(super) async fn act(
        &mut self,
        web: &Arc<ReadAndRemember>,
        wish: &Wish,
        element: Option<&Element>,
    ) -> Did {
        match self.try_to_act(web, wish, element).await {
            Ok(did) => did,
            Err(why) => Did::Refused(why),
        }
    }

    async fn try_to_act(
        &mut self,
        web: &Arc<ReadAndRemember>,
        wish: &Wish,
        element: Option<&Element>,
    ) -> Result<Did, String> {
        let open = self.opened(web).await?;
        let act = match wish {
            Wish::Click(_) => {
                let number = open.number_of(element)?;
                if let Some(form) = open.visit.will_submit(number).await.map_err(told)? {
                    let stays = host(&form.action) == host(&self.at);
                    let away = || format!("it would send a form to {}", form.action);
                    return if stays { Ok(Did::Sends(form)) } else { Err(away()) };
                }
                Act::Click(number)
            }
            Wish::Type(_, text) => Act::Type(open.number_of(element)?, text.clone()),
            Wish::Back => Act::Back,
            Wish::Scroll => Act::Scroll,
        };
        open.visit.act(act).await.map_err(told)?;
        Ok(Did::Done)
    }

    /// Sends a form that the user has approved, as long as it is that very form.
    pub(super) async fn send(
        &mut self,
        web: &Arc<ReadAndRemember>,
        element: &Element,
        form: &Form,
    ) -> Delivery {
        let number = match self.approved(web, element, form).await {
            Ok(number) => number,
            Err(why) => return Delivery::Refused(why),
        };
        let Some(open) = &mut self.open else {
            return Delivery::Refused("the page is gone".into());
        };
        match open.visit.act(Act::Submit(number)).await {
            Ok(()) => Delivery::Done,
            Err(error) => Delivery::Unknown(told(error)),
        }
    }

    async fn approved(
        &mut self,
        web: &Arc<ReadAndRemember>,
        element: &Element,
        form: &Form,
    ) -> Result<usize, String> {
        let open = self.opened(web).await?;
        let number = open.number_of(Some(element))?;
        match open.visit.will_submit(number).await.map_err(told)? {
            Some(now) if now == *form => Ok(number),
            _ => Err("the form is no longer the one that was approved".to_owned()),
        }
    }

    /// The page, opened where it is not.
    async fn opened(&mut self, web: &Arc<ReadAndRemember>) -> Result<&mut Open, String> {
        let open = match self.open.take() {
            Some(open) => open,
            None if self.has_sent => {
                return Err(
                    "the page was left, and what a form has brought is not asked for again"
                        .to_owned(),
                );
            }
            None => self.open_anew(web).await?,
        };
        Ok(self.open.insert(open))
    }

    async fn open_anew(&self, web: &Arc<ReadAndRemember>) -> Result<Open, String> {
        let mut visit = web.visit(&self.at).await?;
        let elements = visit.view().await.map_err(told)?.elements;
        let mut open = Open { visit, elements };
        for (element, text) in &self.typed {
            let number = open.number_of(Some(element))?;
            open.visit.act(Act::Type(number, text.clone())).await.map_err(told)?;
        }
        if !self.typed.is_empty() {
            open.elements = open.visit.view().await.map_err(told)?.elements;
        }
        Ok(open)
    }
}

impl Open {
    /// The visit's number of an element that the model was shown; what an input holds may differ.
    fn number_of(&self, element: Option<&Element>) -> Result<usize, String> {
        let gone = || "it is no longer there".to_owned();
        let wanted = element.ok_or_else(gone)?;
        let is_it = |it: &Element| {
            (&it.kind, &it.label) == (&wanted.kind, &wanted.label)
                && (it.kind != "link" || it.value == wanted.value)
        };
        let same = self.elements.iter().position(|it| it == wanted);
        same.or_else(|| self.elements.iter().position(is_it)).ok_or_else(gone)
    }
}

fn told(error: WebError) -> String {
    error.to_string()
}
