"""Programs that tests run in processes of their own; collecting would import them here."""

collect_ignore = [
    "assembled.py",
    "interpreted.py",
    "interpreted_controls.py",
    "interpreted_words.py",
]
