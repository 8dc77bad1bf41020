"""One file for each form of a report: text, JSON, JUnit, SARIF, a page, a comment on a pull request."""
