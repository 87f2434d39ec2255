// The rival in Go: text/template and html/template fill the words that the other rivals fill, and
// smtppool hands the letters over on ten connections. It keeps no record. Usage: rival PORT LIST WORDS
package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	html "html/template"
	"io"
	"log"
	"os"
	"strconv"
	"strings"
	"sync"
	text "text/template"
	"time"

	"github.com/knadh/smtppool/v2"
)

const (
	connections = 10
	sender      = "Invented Institute <letters@example.org>"
)

// template is what text/template and html/template have in common.
type template interface {
	Execute(to io.Writer, row any) error
}

type wording struct{ subject, text, html template }

func main() {
	log.SetFlags(0)
	port := must(strconv.Atoi(os.Args[1]))
	pool := must(smtppool.New(smtppool.Opt{
		Host:            "127.0.0.1",
		Port:            port,
		MaxConns:        connections,
		IdleTimeout:     10 * time.Second, // without one, Close waits a second for a sweep
		PoolWaitTimeout: 10 * time.Second,
	}))
	defer pool.Close()
	words := readWords(os.Args[3])
	rows := make(chan map[string]string, connections)
	var workers sync.WaitGroup
	for range connections {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for row := range rows {
				require(pool.Send(words.fill(row)))
			}
		}()
	}
	readRows(os.Args[2], rows)
	workers.Wait()
}

// fill writes one row's letter.
func (words wording) fill(row map[string]string) smtppool.Email {
	return smtppool.Email{
		From:    sender,
		To:      []string{row["email"]},
		Subject: string(render(words.subject, row)),
		Text:    render(words.text, row),
		HTML:    render(words.html, row),
	}
}

func render(from template, row map[string]string) []byte {
	var to bytes.Buffer
	require(from.Execute(&to, row))
	return to.Bytes()
}

// readWords reads the templates; Jinja's {{ name }} is {{ .name }} here.
func readWords(path string) wording {
	of := map[string]string{}
	require(json.Unmarshal(must(os.ReadFile(path)), &of))
	for part, words := range of {
		of[part] = strings.ReplaceAll(words, "{{ ", "{{ .")
	}
	return wording{
		subject: must(text.New("subject").Parse(of["subject"])),
		text:    must(text.New("text").Parse(of["text"])),
		html:    must(html.New("html").Parse(of["html"])),
	}
}

// readRows streams a list to the workers.
func readRows(path string, rows chan<- map[string]string) {
	defer close(rows)
	list := csv.NewReader(must(os.Open(path)))
	columns := must(list.Read())
	for {
		values, err := list.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		require(err)
		row := make(map[string]string, len(columns))
		for number, column := range columns {
			row[column] = values[number]
		}
		rows <- row
	}
}

func must[T any](value T, err error) T {
	require(err)
	return value
}

func require(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
