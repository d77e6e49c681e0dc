module mkeaudit/e2e/demo

go 1.26.0
