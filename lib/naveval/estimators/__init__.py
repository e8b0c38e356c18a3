"""Methods on arrays and frames; they know neither registers nor reports."""
