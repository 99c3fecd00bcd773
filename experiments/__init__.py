"""The reports: what each claims, and the arms, figures and tables that test it."""
