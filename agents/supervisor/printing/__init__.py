"""What supervisors print: a PDF with the page's figures, charts and explanations; it needs nothing but Python."""
