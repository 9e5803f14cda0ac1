//! A description of a project: its modules, their diagram, and the page that is printed.

pub(crate) mod diagram;
pub(crate) mod html;
pub(crate) mod modules;
