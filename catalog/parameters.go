package catalog

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

type rawParameter struct {
	Type  ValueType
	Text  string
	Value any
}

// WithParameters returns the benchmark with other values for some parameters, as
// a site's configuration gives them. An unknown name or a value of the wrong type
// is an error.
func (b *Benchmark) WithParameters(values map[string]any) (*Benchmark, error) {
	var problems []error
	c := *b
	c.Parameters = make(map[string]Parameter, len(b.Parameters))
	for name, p := range b.Parameters {
		c.Parameters[name] = p
	}
	for name, v := range values {
		p, ok := b.Parameters[name]
		if !ok {
			problems = append(problems, fmt.Errorf("unknown parameter %q: see 'mkeaudit controls --parameters'", name))
			continue
		}
		list, err := operand(v)
		if err == nil {
			err = checkValue(p.Type, list)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("parameter %s: %w", name, err))
			continue
		}
		p.List = list
		c.Parameters[name] = p
	}
	for name, low := range c.Parameters {
		high, ok := c.Parameters[strings.TrimSuffix(name, "-min")+"-max"]
		if strings.HasSuffix(name, "-min") && ok && over(low, high) {
			problems = append(problems, fmt.Errorf("parameter %s is above %s-max", name, strings.TrimSuffix(name, "-min")))
		}
	}
	if len(problems) > 0 {
		return nil, ordered(problems)
	}
	return &c, nil
}

// over reports whether a lower bound lies above its upper bound.
func over(low, high Parameter) bool {
	if low.Type == TypeDuration {
		a, errA := time.ParseDuration(first(low.List))
		b, errB := time.ParseDuration(first(high.List))
		return errA == nil && errB == nil && a > b
	}
	a, errA := strconv.ParseInt(first(low.List), 10, 64)
	b, errB := strconv.ParseInt(first(high.List), 10, 64)
	return errA == nil && errB == nil && a > b
}

// operand turns a TOML value into the text form in which operands are compared.
func operand(v any) ([]string, error) {
	switch v := v.(type) {
	case string:
		return []string{v}, nil
	case bool:
		return []string{strconv.FormatBool(v)}, nil
	case int64:
		return []string{strconv.FormatInt(v, 10)}, nil
	case float64:
		return []string{strconv.FormatFloat(v, 'g', -1, 64)}, nil
	case []any:
		var list []string
		for _, e := range v {
			s, ok := e.(string)
			if !ok {
				return nil, fmt.Errorf("a list operand holds text, not %T", e)
			}
			list = append(list, s)
		}
		return list, nil
	case nil:
		return nil, fmt.Errorf("has no value")
	}
	return nil, fmt.Errorf("an operand is text, a number, true or a list of texts, not %T", v)
}

func checkValue(t ValueType, list []string) error {
	if t == TypeList {
		return nil
	}
	if len(list) != 1 {
		return fmt.Errorf("want one %s", t)
	}
	var err error
	switch t {
	case TypeInt:
		var n int64
		if n, err = strconv.ParseInt(list[0], 10, 64); err == nil && n < 1 {
			err = fmt.Errorf("%d is not above zero: every threshold here is", n)
		}
	case TypeBool:
		_, err = strconv.ParseBool(list[0])
	case TypeDuration:
		var d time.Duration
		if d, err = time.ParseDuration(list[0]); err == nil && d <= 0 {
			err = fmt.Errorf("%s is not above zero: every threshold here is", d)
		}
	case TypeUnset:
		err = fmt.Errorf("has no type")
	}
	return err
}
