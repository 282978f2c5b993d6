use rejoint_python::ast::Stmt;

use crate::context::Context;
use crate::rule::{Check, Example, Level, Rule, StmtForm};

pub(crate) static RULE: Rule = Rule {
    code: "RJ0801",
    name: "filepath",
    level: Level::Finding,
    summary: r#"Attributes of type `filepath@store` are reported."#,
    explanation: r#"0.14 copied an absolute path under `stage` into the store and gave a path back; 2.x takes a path relative to the store, copies nothing, and gives an `ObjectRef`, which is no path."#,
    examples: &[Example {
        before: r#"class File(dj.Manual):
    definition = '''
    k : int
    ---
    f : filepath@raw
    '''
"#,
        after: None,
    }],
    check: Check::Stmt(&[StmtForm::Class], check),
};

fn check(cx: &mut Context<'_>, stmt: &Stmt) {
    let Stmt::ClassDef(class) = stmt else { return };
    let Some(info) = crate::rules::class_info(cx, class) else { return };
    let Some(site) = info.definition.clone() else { return };
    let text = cx.source.slice(site.range.clone());
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("filepath@")) {
        let place = site.range.start + at + found;
        at += found + 9;
        cx.finding(
            place,
            "filepath means something else in 2.x",
            &[
                "inserts: copy the file into the store, then insert its path relative to the store's location",
                "reads: ref.full_path where the store is a mounted folder, else ref.download(folder)",
            ],
        );
    }
}
