mod chain;
mod ledger;
mod places;
mod reactions;
mod spending;
mod world;
