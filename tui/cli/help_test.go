package cli

import "errors"

func as[T any](err error, target *T) bool { return errors.As(err, target) }
