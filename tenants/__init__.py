"""The tenancy kernel: who acts, what the database lets them see, and the organisations themselves."""
