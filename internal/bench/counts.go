package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// counts is a flag for numbers of at least 1.
type counts []int

// Set reads numbers with commas between them.
func (c *counts) Set(text string) error {
	*c = nil
	for word := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 {
			return errors.New("use numbers such as 2,100")
		}
		*c = append(*c, n)
	}
	return nil
}

// String is what Set reads.
func (c *counts) String() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint([]int(*c)), " ", ","), "[]")
}
