"""`make demo`: a sandbox store, the product, and a merchant's whole journey between them.

Everything is real but the merchant and the store: processes, HTTP, signatures, pictures, the queue.
"""
