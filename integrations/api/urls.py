"""The addresses of stores, products, source images, uploads under /api/v1/.

``ext:`` and the store's own id stand for a product's id; an id may hold slashes, which clients
write as %2F. What lies below a product is tried first, so that an id never swallows it.
"""

from __future__ import annotations

from django.urls import URLPattern, path

from integrations.api import images, product_batches, products, store_care, stores

urlpatterns: list[URLPattern] = [
    path("stores", stores.Stores.as_view()),
    path("stores/<str:store_id>", stores.OneStore.as_view()),
    path("stores/<str:store_id>/test", store_care.StoreTest.as_view()),
    path("stores/<str:store_id>/sync", store_care.StoreSync.as_view()),
    path("stores/<str:store_id>/rotate-secret", store_care.StoreSecret.as_view()),
    path("stores/<str:store_id>/events-inbox", store_care.StoreInbox.as_view()),
    path("stores/<str:store_id>/products:batch", product_batches.StoreProducts.as_view()),
    path("stores/<str:store_id>/products/ext:<path:external_id>", products.StoreProduct.as_view()),
    path("products", products.Products.as_view()),
    path("products/<path:product_id>/images", images.ProductImages.as_view()),
    path("products/<path:product_id>", products.OneProduct.as_view()),
    path("images", images.Images.as_view()),
    path("images/<str:image_id>", images.OneImage.as_view()),
    path("uploads", images.Uploads.as_view()),
]
