//! The search grammar of MLflow, compiled to SQL.
