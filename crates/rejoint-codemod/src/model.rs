//! What the definitions of a project say about its tables.

use rejoint_python::Project;

/// Headings of the tables of a project.
#[derive(Debug, Default)]
pub(crate) struct Model {}

impl Model {
    pub(crate) fn new(_project: &Project) -> Model {
        Model {}
    }
}
