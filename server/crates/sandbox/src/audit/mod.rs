//! The protected places of a workspace: kept from a command while it runs, and looked at afterwards.
//!
//! Under bubblewrap the places are read-only, and those that are missing cannot be made. What is left
//! is to make one at a path that nobody could foresee, for instance after a folder with one in it was
//! renamed: that is found afterwards. What is *in* a read-only place is not compared, because only
//! somebody else can have changed it while the command ran: the user, whose work must stay.
//! Without read-only places, their content is compared and written back as well.

mod find;
mod keep;
mod names;
mod placeholder;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::port::{Slip, Slipped};
use keep::{Identity, Kept, MOST_KEPT, identity};
use placeholder::Placeholders;

/// A workspace's protected places before a command runs.
#[derive(Debug)]
pub(crate) struct Audit {
    workspace: PathBuf,
    placeholders: Option<Placeholders>,
    kept: BTreeMap<PathBuf, Kept>,
    /// Whether content is compared.
    deep: bool,
}

impl Audit {
    /// For a command to which the places will be read-only: makes those that must not be made.
    pub(crate) fn of_read_only(workspace: &Path, records: &Path) -> io::Result<Self> {
        let placeholders = Placeholders::make(workspace, records)?;
        Ok(Self::new(workspace, Some(placeholders), false))
    }

    /// For a command that could write them.
    pub(crate) fn of_writable(workspace: &Path) -> Self {
        Self::new(workspace, None, true)
    }

    fn new(workspace: &Path, placeholders: Option<Placeholders>, deep: bool) -> Self {
        let mut room = MOST_KEPT;
        let kept = find::protected(workspace)
            .into_iter()
            .filter_map(|place| Some((place.clone(), Kept::of(&place, deep, &mut room).ok()?)))
            .collect();
        Self { workspace: workspace.to_owned(), placeholders, kept, deep }
    }

    /// The places that have to be read-only: stand-ins for missing ones are among them, and where one is
    /// a link, what it leads to in the workspace.
    pub(crate) fn places(&self) -> Vec<PathBuf> {
        let target = |(place, kept): (&PathBuf, &Kept)| match kept.is_link() {
            false => Some(place.clone()),
            true => place
                .canonicalize()
                .ok()
                .filter(|target| target.starts_with(&self.workspace) && *target != self.workspace),
        };
        self.kept.iter().filter_map(target).collect()
    }

    /// Undoes what has happened to them, now that the command is dead.
    pub(crate) fn undo(self) -> Vec<Slip> {
        let mut slips = Vec::new();
        let known: BTreeSet<Identity> = self.kept.values().map(|kept| kept.identity).collect();
        let mut alive = BTreeSet::new();
        for place in find::protected(&self.workspace) {
            let Ok(found) = place.symlink_metadata() else { continue };
            if known.contains(&identity(&found)) {
                alive.insert(identity(&found));
            } else if self.kept.get(&place).is_none_or(|kept| self.could_change(&place, kept)) {
                slips.push(set_aside(place));
            }
        }
        for (place, kept) in &self.kept {
            let is_gone = || place.symlink_metadata().is_err() && !alive.contains(&kept.identity);
            if self.could_change(place, kept) && (self.deep || is_gone()) {
                slips.extend(put_back(place, kept, self.deep));
            }
        }
        slips
    }

    /// Whether the command had a way to change a place. Where it had none, somebody else may have.
    fn could_change(&self, place: &Path, kept: &Kept) -> bool {
        !self.is_placeholder(place)
            // A link cannot be mounted over. A folder that is not the workspace itself can be renamed,
            // and another made in its place.
            && (self.deep || kept.is_link() || place.parent() != Some(&self.workspace))
    }

    fn is_placeholder(&self, place: &Path) -> bool {
        self.placeholders.as_ref().is_some_and(|placeholders| placeholders.has(place))
    }
}

/// The paths in a workspace that must not be written: those that are there, and those that are not.
pub(crate) fn forbidden(workspace: &Path) -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> = placeholder::names().map(|name| workspace.join(name)).collect();
    places.extend(find::protected(workspace));
    places.sort();
    places.dedup();
    places
}

/// Renames what must not be there; it is not deleted, because it may be the user's after all.
fn set_aside(place: PathBuf) -> Slip {
    let mut name = place.file_name().unwrap_or_default().to_owned();
    name.push(".set-aside");
    let free = (0..1000)
        .map(|n| match n {
            0 => place.with_file_name(&name),
            n => {
                let mut name = name.clone();
                name.push(format!("-{n}"));
                place.with_file_name(name)
            }
        })
        .find(|path| path.symlink_metadata().is_err());
    let aside = free.unwrap_or_else(|| place.with_file_name(&name));
    let left = fs::rename(&place, &aside).err().map(|why| why.to_string());
    Slip { path: place, what: Slipped::Created { aside }, left }
}

fn put_back(place: &Path, kept: &Kept, deep: bool) -> Option<Slip> {
    let what = match place.symlink_metadata() {
        Ok(_) => Slipped::Changed,
        Err(_) => Slipped::Removed,
    };
    match kept.put_back(place, deep) {
        Ok(false) => None,
        Ok(true) => Some(Slip { path: place.to_owned(), what, left: None }),
        Err(why) => Some(Slip { path: place.to_owned(), what, left: Some(why.to_string()) }),
    }
}
