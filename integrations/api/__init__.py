"""The REST API of stores, products, source images, uploads, publications."""
