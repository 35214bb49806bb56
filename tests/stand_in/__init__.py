"""A local stand-in for GOV.UK Notify: the same HTTP, kept in memory, with faults on demand."""
