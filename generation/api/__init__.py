"""The REST API of presets, generations, batches, assets, automations, usage."""
