//! A page that is used as far as its site lets programs read it.

use std::sync::Arc;

use async_trait::async_trait;
use url::Url;

use crate::fetch::Fetcher;
use crate::{Act, Element, Form, View, Visit, WebError};

/// A visit whose every page is asked of its site's rules, and whose links wait for their turn as other
/// pages do. A page that a form has brought was approved by the user, and is theirs to see.
pub(crate) struct Permitted {
    visit: Box<dyn Visit>,
    fetcher: Arc<Fetcher>,
    /// Where it is, as far as its site's rules are concerned.
    at: Url,
    elements: Vec<Element>,
    has_sent: bool,
}

impl Permitted {
    /// A visit that has begun at an address which is permitted.
    pub(crate) fn new(visit: Box<dyn Visit>, fetcher: Arc<Fetcher>, at: &Url) -> Self {
        Self { visit, fetcher, at: page_of(at.clone()), elements: Vec::new(), has_sent: false }
    }

    /// The other page of this site that a click on an element leads to. Of other sites nothing is asked:
    /// the visit refuses to go there.
    fn leads_to(&self, number: usize) -> Option<Url> {
        let link = self.elements.get(number).filter(|it| it.kind == "link")?;
        let page = page_of(Url::parse(&link.value).ok()?);
        (page.origin() == self.at.origin() && page != self.at).then_some(page)
    }
}

#[async_trait]
impl Visit for Permitted {
    async fn view(&mut self) -> Result<View, WebError> {
        let view = self.visit.view().await?;
        if let Ok(page) = Url::parse(&view.address).map(page_of)
            && page != self.at
        {
            if !self.has_sent {
                self.fetcher.keep_rules(&self.fetcher.check(page.as_str())?).await?;
            }
            self.at = page;
        }
        self.has_sent = false;
        self.elements.clone_from(&view.elements);
        Ok(view)
    }

    async fn will_submit(&self, number: usize) -> Result<Option<Form>, WebError> {
        self.visit.will_submit(number).await
    }

    async fn act(&mut self, act: Act) -> Result<(), WebError> {
        match act {
            Act::Click(number) => {
                if let Some(page) = self.leads_to(number) {
                    self.fetcher.permit(&self.fetcher.check(page.as_str())?).await?;
                }
            }
            Act::Submit(_) => self.has_sent = true,
            Act::Type(..) | Act::Scroll | Act::Back => {}
        }
        self.visit.act(act).await
    }
}

/// An address without its fragment, which is a place on the page.
fn page_of(mut address: Url) -> Url {
    address.set_fragment(None);
    address
}
