"""What comes in as documents: catalogues from Excel and CSV, checked whole before anything is signed."""
