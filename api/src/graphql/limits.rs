//! How much one document may ask for: MLflow's limits, in its words.

use async_graphql::parser::types::{ExecutableDocument, Field, Selection, SelectionSet};

/// Fields within fields.
const DEPTH: usize = 10;
/// Selections of a document, each as often as its fragments are used.
const SELECTIONS: usize = 1_000;
/// Fields of the whole document that are not within others.
const ROOT_FIELDS: usize = 10;
/// Fields with another name, side by side.
const ALIASES: usize = 10;

/// What is wrong with the document, if it asks for too much.
///
/// Fragments are followed as often as they are used, because so are they when the document is executed. A fragment that uses
/// itself thereby meets one of the limits.
pub(super) fn check(document: &ExecutableDocument) -> Result<(), String> {
    let (mut root_fields, mut most_aliases, mut left) = (0, 0, SELECTIONS);
    for (_, operation) in document.operations.iter() {
        let mut open = vec![(&operation.node.selection_set.node, 1)];
        while let Some((set, depth)) = open.pop() {
            if depth > DEPTH {
                return Err(too_deep());
            }
            let fields = fields(document, set, &mut left)?;
            if depth == 1 {
                root_fields += fields.len();
            }
            most_aliases = most_aliases.max(fields.iter().filter(|field| field.alias.is_some()).count());
            let within = fields.into_iter().map(|field| &field.selection_set.node).filter(|set| !set.items.is_empty());
            open.extend(within.map(|set| (set, depth + 1)));
        }
    }
    if root_fields > ROOT_FIELDS {
        return Err(too_many(ROOT_FIELDS, "root fields", root_fields));
    }
    if most_aliases > ALIASES {
        return Err(too_many(ALIASES, "aliases", most_aliases));
    }
    Ok(())
}

pub(super) fn too_deep() -> String {
    format!("Query exceeds maximum depth of {DEPTH}")
}

/// MLflow goes on with the variable of its server that raises the limit.
fn too_many(limit: usize, what: &str, found: usize) -> String {
    format!("GraphQL queries should have at most {limit} {what}, got {found} {what}. Ask in several queries.")
}

/// The fields of a selection set, those of its fragments among them. Takes what it visits from what is `left`.
fn fields<'d>(
    document: &'d ExecutableDocument,
    set: &'d SelectionSet,
    left: &mut usize,
) -> Result<Vec<&'d Field>, String> {
    let mut fields = Vec::new();
    let mut sets = vec![set];
    while let Some(set) = sets.pop() {
        for selection in &set.items {
            *left =
                left.checked_sub(1).ok_or_else(|| format!("Query exceeds maximum total selections of {SELECTIONS}"))?;
            match &selection.node {
                Selection::Field(field) => fields.push(&field.node),
                Selection::InlineFragment(fragment) => sets.push(&fragment.node.selection_set.node),
                Selection::FragmentSpread(spread) => {
                    let fragment = document.fragments.get(&spread.node.fragment_name.node);
                    sets.extend(fragment.map(|fragment| &fragment.node.selection_set.node));
                }
            }
        }
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;

    fn problem(document: &str) -> String {
        check(&parse_query(document).unwrap()).err().unwrap_or_default()
    }

    fn many(n: usize, field: &str) -> String {
        (0..n).map(|i| field.replace('#', &i.to_string())).collect()
    }

    #[test]
    fn each_limit_holds_exactly() {
        assert_eq!(problem(&format!("{}{}", "{a".repeat(10), "}".repeat(10))), "");
        assert_eq!(problem(&format!("{}{}", "{a".repeat(11), "}".repeat(11))), "Query exceeds maximum depth of 10");
        assert_eq!(problem(&format!("{{{}}}", many(10, "b#:a "))), "");
        let roots = problem(&format!("{{{}}}", many(11, "a ")));
        assert!(
            roots.starts_with("GraphQL queries should have at most 10 root fields, got 11 root fields."),
            "{roots}"
        );
        let aliases = problem(&format!("{{a{{{}}}}}", many(11, "b#:a ")));
        assert!(aliases.starts_with("GraphQL queries should have at most 10 aliases, got 11 aliases."), "{aliases}");
        assert_eq!(problem(&format!("{{a{{{}}}}}", many(999, "a "))), "");
        let total = "Query exceeds maximum total selections of 1000";
        assert_eq!(problem(&format!("{{a{{{}}}}}", many(1_000, "a "))), total);
    }

    #[test]
    fn fragments_hide_nothing() {
        let hidden = format!("{{a{{...F}}}} fragment F on T {{{}}}", many(11, "b#:a "));
        assert!(problem(&hidden).contains("got 11 aliases"));
        assert!(problem(&format!("{{a{{... on T {{{}}}}}}}", many(11, "b#:a "))).contains("got 11 aliases"));
        let bomb: Vec<String> = (0..20).map(|i| format!("fragment F{i} on T {{...F{0} ...F{0}}}", i + 1)).collect();
        let bomb = bomb.join(" ");
        assert!(problem(&format!("{{a{{...F0}}}} {bomb}")).contains("selections"));
        assert!(problem("{a{...F}} fragment F on T {...F}").contains("selections"));
        assert!(problem("{a{...F}} fragment F on T {b{...F}}").contains("depth"));
    }
}
