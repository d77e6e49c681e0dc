module mkeaudit/e2e/journeys

go 1.26.0
