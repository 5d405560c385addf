"""Broken CSV and JSON Lines files, and what is said of them; the rows that stay are named by their ids."""

from __future__ import annotations

#: (what is wrong, content of a .csv file with the columns :id, a, hue, label:p and label:q, what is said of the first
#: bad row, how many bad rows there are, the ids of the good rows)
HEADER = b":id,a,hue,label:p,label:q\n1,1.5,red,1,0\n"
CSV = [
    (
        "too few fields",
        HEADER + b"2,1,red,1\n3,1,red,1,0\n",
        "f.csv:3: 4 fields, expected 5 as in the header line",
        1,
        "13",
    ),
    ("too many fields", HEADER + b"2,1,red,1,0,9\n", "f.csv:3: 6 fields, expected 5 as in the header line", 1, "1"),
    (
        "text among numbers",
        HEADER + b"2,one,red,1,0\n3,1,red,1,0\n",
        "f.csv:3:3: column 'a' held numbers before, found 'one': expected a number, or the column named in nominal",
        1,
        "13",
    ),
    (
        "a number among categories",
        HEADER + b"2,1,7,1,0\n",
        "f.csv:3:5: column 'hue' held categories before, found '7': expected text, or the column named in nominal",
        1,
        "1",
    ),
    (
        "an underscore in a number",
        HEADER + b"2,1_0,red,1,0\n",
        "f.csv:3:3: column 'a' held numbers before, found '1_0': expected a number, or the column named in nominal",
        1,
        "1",
    ),
    (
        "an infinite number",
        HEADER + b"2,inf,red,1,0\n3,2,red,1,0\n",
        "f.csv:3: feature 'a' must be a finite number that fits float32, found inf",
        1,
        "13",
    ),
    (
        "a number beyond float32",
        HEADER + b"2,1e39,red,1,0\n3,2,red,1,0\n",
        "f.csv:3: feature 'a' must be a finite number that fits float32, found 1e+39",
        1,
        "13",
    ),
    (
        "a label that is no truth value",
        HEADER + b"2,1,red,yes,0\n3,1,red,1,0\n",
        "f.csv:3:9: label 'p' is 0 or 1, true or false, or empty, found 'yes'",
        1,
        "13",
    ),
    (
        "text after a closing quote",
        HEADER + b'2,1,"red"x,1,0\n3,1,red,1,0\n',
        "f.csv:3: not CSV: ',' expected after '\"'",
        1,
        "13",
    ),
    (
        "a quote that is never closed",
        HEADER + b'2,1,"red,1,0\n3,1,red,1,0\n4,1,red,0,0\n',
        "f.csv:3: not CSV: unexpected end of data",
        1,
        "134",
    ),
    (
        "bytes that are not UTF-8",
        HEADER + b"2,1,r\xe9d,1,0\n3,1,red,1,0\n",
        "f.csv:3:5: found bytes that are not UTF-8, expected UTF-8 text",
        1,
        "13",
    ),
    (
        "a fault after a field of two lines",
        HEADER + b'2,1,"dark\nred",maybe,0\n3,1,red,1,0\n',
        "f.csv:4:6: label 'p' is 0 or 1, true or false, or empty, found 'maybe'",
        1,
        "13",
    ),
    (
        "carriage returns within a line",
        HEADER + b"2,1,red,1,0\r3,1,red,1,0\n4,1,red,1,0\n",
        "f.csv:3: not CSV: a carriage return in a field without quotes",
        1,
        "14",
    ),
]

#: (what is wrong, the second line of a .jsonl file, what is said of it)
VALUES = "a number, string, boolean or null"
JSON_LINES = [
    ("no JSON", b"hello", "f.jsonl:2:1: not JSON: "),
    ("cut short", b'{"x": {"a": 1}, "y": ["p"', "f.jsonl:2:26: not JSON: "),
    ("two objects", b'{"x": {}} {"x": {}}', "f.jsonl:2:11: not JSON: "),
    ("NaN", b'{"x": {"a": NaN}}', "f.jsonl:2:13: not JSON: "),
    ("Infinity", b'{"x": {"a": -Infinity}}', "f.jsonl:2:14: not JSON: "),
    ("a leading zero", b'{"x": {"a": 01}}', "f.jsonl:2:13: not JSON: "),
    ("a bare point", b'{"x": {"a": 1.}}', "f.jsonl:2:15: not JSON: "),
    ("a trailing comma", b'{"x": {"a": 1,}}', "f.jsonl:2:14: not JSON: "),
    ("not UTF-8", b'{"x": {"h": "r\xe9d"}}', "f.jsonl:2:15: found bytes that are not UTF-8, expected UTF-8 text"),
    ("an array", b"[1, 2]", "f.jsonl:2: $: found an array, expected an object with x and, if they are known, y, id, t"),
    ("a number", b"7", "f.jsonl:2: $: found a number, expected an object with x and, if they are known, y, id, t"),
    ("no x", b'{"y": ["p"]}', "f.jsonl:2: $: x is missing"),
    ("x null", b'{"x": null}', "f.jsonl:2: $.x: found null, expected an object of features or an array of numbers"),
    (
        "an unknown key",
        b'{"x": {}, "labels": ["p"]}',
        "f.jsonl:2: $: unknown key 'labels', expected x, y, id and t only",
    ),
    ("a list in x", b'{"x": {"a": [1]}}', f"f.jsonl:2: $.x.a: found an array, expected {VALUES}"),
    ("an object in x", b'{"x": {"a": 1, "b": {}}}', f"f.jsonl:2: $.x.b: found an object, expected {VALUES}"),
    (
        "beyond float32",
        b'{"x": {"a": 1e39}}',
        "f.jsonl:2: feature 'a' must be a finite number that fits float32, found an infinite or larger one",
    ),
    ("beyond float64", b'{"x": {"a": 1e400}}', "f.jsonl:2:13: not JSON: "),
    (
        "a vector among objects",
        b'{"x": [1, 2]}',
        "f.jsonl:2: $.x: found an array, expected an object as in the first instance",
    ),
    (
        "a label that is null",
        b'{"x": {}, "y": ["p", null]}',
        "f.jsonl:2: $.y[1]: found null, expected a label: a string or a number",
    ),
    (
        "a truth that is 1",
        b'{"x": {}, "y": {"p": 1}}',
        "f.jsonl:2: $.y.p: found a number, expected true, false or null",
    ),
    (
        "y a string",
        b'{"x": {}, "y": "p"}',
        "f.jsonl:2: $.y: found a string, expected an array of labels or an object label: true or false",
    ),
    ("an id that is a list", b'{"x": {}, "id": [1]}', "f.jsonl:2: $.id: found an array, expected a string or a number"),
    (
        "a time that is none",
        b'{"x": {}, "t": "yesterday"}',
        "f.jsonl:2: $.t: found 'yesterday', expected a number of seconds or a time such as '2026-01-31T12:00:00Z'",
    ),
    (
        "the 30th of February",
        b'{"x": {}, "t": "2026-02-30"}',
        "f.jsonl:2: $.t: found '2026-02-30', expected a number of seconds or a time such as '2026-01-31T12:00:00Z'",
    ),
    (
        "a time that is true",
        b'{"x": {}, "t": true}',
        "f.jsonl:2: $.t: found a boolean, expected a number of seconds or an ISO 8601 string",
    ),
    (
        "a category with the name of a number",
        b'{"x": {"b": "c"}}',
        "f.jsonl:2: $.x: category 'c' of attribute 'b' would be named 'b=c', but another feature has that name",
    ),
]
