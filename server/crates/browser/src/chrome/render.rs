//! [`Render`] by a browser.

use async_trait::async_trait;

use super::pool::Chrome;
use super::visit;
use crate::fault::failed;
use crate::{Render, Rendered, Visit, WebError};

#[async_trait]
impl Render for Chrome {
    async fn render(&self, address: &str) -> Result<Rendered, WebError> {
        let settings = self.settings();
        let admitted = settings.guard.check(address)?;
        let address = admitted.url().as_str();
        let mut lease =
            self.lease(admitted.scope(), None).await.map_err(|why| failed(address, why))?;
        lease.show(address).await?;
        let seen = lease.tab.seen(address).await?;
        // Scripts may have gone elsewhere by a way that asks nobody, such as `blob:`.
        settings.guard.check(&seen.address)?;
        let screenshot = match &settings.screenshots {
            Some(folder) => lease.tab.picture(folder).await,
            None => None,
        };
        lease.give_back(seen.address.clone());
        Ok(Rendered { address: seen.address, html: seen.html, title: seen.title, screenshot })
    }
    async fn visit(&self, address: &str) -> Result<Box<dyn Visit>, WebError> {
        visit::open(self, address).await
    }
}
