"""What goes out of a node as documents: lists as CSV and Excel, agreements and evidence reports as PDF."""
