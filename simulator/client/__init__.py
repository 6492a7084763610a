"""The reference client: an outsider that knows only codecs."""
