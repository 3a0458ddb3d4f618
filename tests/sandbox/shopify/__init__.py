"""The simulated Shopify shops, over real HTTP."""
