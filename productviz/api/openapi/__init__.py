"""The OpenAPI document: made from the views by ``manage.py openapi``, served as a file."""
