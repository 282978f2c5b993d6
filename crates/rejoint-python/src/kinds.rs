//! What an expression is, as far as it can be known without running it.

use std::sync::Arc;

use rustc_hash::FxHashMap;

/// A class of the project: the file and the offset of its `class` statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClassId {
    /// Index of the file in the project.
    pub file: u32,
    /// Offset of the statement in the text of the file.
    pub start: u32,
}

/// The tier of a table class, as DataJoint names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tier {
    /// `dj.Manual`
    Manual,
    /// `dj.Lookup`
    Lookup,
    /// `dj.Imported`
    Imported,
    /// `dj.Computed`
    Computed,
    /// `dj.Part`
    Part,
    /// A base class of tables (`dj.Table`, `dj.user_tables.UserTable`, `dj.AutoPopulate`).
    Base,
}

/// The kind of an expression. Everything except [`Kind::Unknown`] is certain unless its data says otherwise.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Not known.
    Unknown,
    /// Certainly nothing of DataJoint: a literal, a container, a number.
    Other,
    /// `None`.
    Nothing,
    /// A string that is a constant.
    Text(Arc<str>),
    /// A member of the `datajoint` package by its dotted path; `""` is the package.
    DataJoint(Arc<str>),
    /// A module of the project, by index of the file.
    Module(u32),
    /// A package directory of the project without an `__init__.py`, by dotted path.
    Namespace(Arc<str>),
    /// A module or a member of a module that is not in the project, by dotted path.
    External(Arc<str>),
    /// A class of the project that is not a table.
    Class(ClassId),
    /// An instance of one.
    Instance(ClassId),
    /// A table class, an instance of one, or a query expression.
    Query(Arc<Query>),
    /// A schema object (also the decorator).
    Schema,
    /// A virtual module.
    VirtualModule,
    /// A database connection.
    Connection,
    /// `schema.jobs`.
    Jobs,
    /// `schema.external` or `Table.external`.
    ExternalTables,
    /// Rows or columns fetched from a query.
    Fetched(Fetched),
    /// A list, tuple, set or dict whose items (values) are all of one kind.
    Items(Arc<Kind>),
    /// A method of a query, by name, not yet called.
    Method(Arc<Query>, Arc<str>),
    /// A function of the project that gives back what its `return` statements say.
    Function(Function),
}

/// A function of the project: neither a generator nor a coroutine, and with no decorator that could change what it
/// gives back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Function {
    /// Index of the file in the project.
    pub file: u32,
    /// Offset of the statement in the text of the file.
    pub start: u32,
    /// The class whose body it is in.
    pub owner: Option<ClassId>,
    /// How it is called.
    pub role: FunctionRole,
}

/// How a function is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FunctionRole {
    /// As it is; in a class: with the instance.
    Plain,
    /// `@staticmethod`
    Static,
    /// `@classmethod`
    Class,
    /// `@property`: by being read.
    Property,
}

/// What was fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetched {
    /// Anything of `fetch`, `to_arrays`, ...
    Rows,
    /// Primary keys as a list of dicts.
    Keys,
    /// One value or a dict from `fetch1`.
    One,
}

/// A query expression, with its structure as far as it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// How it was built.
    pub operation: Operation,
    /// False when only the look of the code says that this is a table (`imported.Name & ...`).
    pub certain: bool,
    /// The class itself rather than an instance or an expression.
    pub class: bool,
}

/// How a query expression was built.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// A table of the project.
    Table(ClassId),
    /// A table whose definition is not in the project.
    Elsewhere,
    /// `input & ...` or `input - ...`.
    Restrict(Arc<Query>),
    /// `input.proj(...)`; the attributes when all are constant.
    Project(Arc<Query>, Option<Arc<[Projected]>>),
    /// `left * right`.
    Join(Arc<Query>, Arc<Query>),
    /// `left.aggr(group, ...)`; the names of the new attributes when all are constant.
    Aggregate(Arc<Query>, Arc<Query>, Option<Arc<[Projected]>>),
    /// `dj.U(...)`; the attributes when all are constant.
    Universal(Option<Arc<[String]>>),
    /// Anything else that is certainly a query.
    Opaque,
}

/// One argument of `proj` or `aggr`.
#[derive(Debug, Clone, PartialEq)]
pub enum Projected {
    /// `...`
    Everything,
    /// `'name'`
    Keep(String),
    /// `'-name'`
    Drop(String),
    /// `new='old'`: a rename when `old` is an attribute, else an SQL expression.
    Named(String, String),
}

impl Query {
    /// A query of known operation.
    pub fn new(operation: Operation) -> Arc<Query> {
        Arc::new(Query { operation, certain: true, class: false })
    }

    /// Depth of the structure, to keep loops from building endless ones.
    pub(crate) fn depth(&self) -> usize {
        match &self.operation {
            Operation::Restrict(input) | Operation::Project(input, _) => 1 + input.depth(),
            Operation::Join(left, right) | Operation::Aggregate(left, right, _) => {
                1 + left.depth().max(right.depth())
            }
            _ => 0,
        }
    }

    /// The class behind a table class or instance.
    pub fn table(&self) -> Option<ClassId> {
        match self.operation {
            Operation::Table(id) => Some(id),
            _ => None,
        }
    }

    /// The table at the bottom of restrictions, when there is one.
    pub fn restricted_table(&self) -> Option<ClassId> {
        match &self.operation {
            Operation::Table(id) => Some(*id),
            Operation::Restrict(input) => input.restricted_table(),
            _ => None,
        }
    }
}

impl Kind {
    /// A query of known operation, as a kind.
    pub fn query(operation: Operation) -> Kind {
        Kind::Query(Query::new(operation))
    }

    /// The query, when it is one.
    pub fn as_query(&self) -> Option<&Arc<Query>> {
        match self {
            Kind::Query(query) => Some(query),
            _ => None,
        }
    }

    /// Whether this is certainly a query (a table included).
    pub fn is_certain_query(&self) -> bool {
        matches!(self, Kind::Query(query) if query.certain)
    }

    /// What a name holds when either of two kinds may have reached it.
    pub fn join(self, other: Kind) -> Kind {
        if self == other {
            return self;
        }
        match (self, other) {
            (Kind::Nothing, kind) | (kind, Kind::Nothing) => kind,
            (Kind::Query(a), Kind::Query(b)) => Kind::Query(Arc::new(Query {
                operation: if a.operation == b.operation { a.operation.clone() } else { Operation::Opaque },
                certain: a.certain && b.certain,
                class: a.class && b.class,
            })),
            (Kind::Text(_), Kind::Text(_) | Kind::Other) | (Kind::Other, Kind::Text(_)) => Kind::Other,
            (Kind::Items(a), Kind::Items(b)) => match (*a).clone().join((*b).clone()) {
                Kind::Unknown => Kind::Unknown,
                kind => Kind::Items(Arc::new(kind)),
            },
            _ => Kind::Unknown,
        }
    }

    /// What is said of it after a call, when a function may give it back. The rest is no better than unknown there.
    pub(crate) fn is_worth_returning(&self) -> bool {
        match self {
            Kind::Query(_)
            | Kind::Schema
            | Kind::VirtualModule
            | Kind::Connection
            | Kind::Fetched(_)
            | Kind::Class(_)
            | Kind::Instance(_) => true,
            Kind::Items(item) => item.is_worth_returning(),
            _ => false,
        }
    }

    /// Whether a rule may want to know this kind; the rest is not recorded.
    pub(crate) fn is_recorded(&self) -> bool {
        !matches!(self, Kind::Unknown)
    }
}

/// Where the text of a table definition is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionSite {
    /// Range of the expression.
    pub range: std::ops::Range<usize>,
    /// The whole text, when the expression is one constant.
    pub constant: Option<Arc<str>>,
}

/// A class of the project.
#[derive(Debug, Clone)]
pub struct ClassInfo {
    /// Its identity.
    pub id: ClassId,
    /// `Name`, or `Outer.Name` for a class inside a class.
    pub qualified_name: String,
    /// The tier, when this is a table class (decorated or not).
    pub tier: Option<Tier>,
    /// For a part: the class around it.
    pub master: Option<ClassId>,
    /// Bases, in order.
    pub bases: Vec<Kind>,
    /// Whether it is decorated with something that is, or by its name seems to be, a schema.
    pub decorated: bool,
    /// The definition assigned in its body.
    pub definition: Option<DefinitionSite>,
    /// What its attributes are: from the body of the class, and `self.x = ...` where all agree.
    pub members: FxHashMap<String, Kind>,
    /// Names of the functions defined in its body.
    pub methods: Vec<String>,
}

impl ClassInfo {
    /// The last part of the name.
    pub fn name(&self) -> &str {
        self.qualified_name.rsplit('.').next().unwrap_or(&self.qualified_name)
    }
}
