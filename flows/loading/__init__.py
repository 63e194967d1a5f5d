"""Reading flows and prompts from YAML: documents with positions, schemas, and the references between them."""

from flows.loading.reading import read

__all__ = ["read"]
