"""CSV with a header line; labels as columns of their own, or as one column of label lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from streams.assemble import Faults, in_batches
from streams.batch import Batch
from streams.csv_parse import FieldError, Records, RowParser, read_header
from streams.errors import BadRows, RowError, StreamError
from streams.label_columns import assign_roles
from streams.rows import RowBuilder
from streams.sources import ByteSource, line_blocks
from streams.stream import ROWS, Stream

#: What columns begin with whose values are categories.
NOMINAL_PREFIX = "nominal:"


class CsvStream(Stream):
    r"""A file of comma separated values, quoted as in RFC 4180, in UTF-8, with a header line.

    Every value decides for itself: a number (``1``, ``-2.5e3``; ``nan`` is missing) belongs to the numeric column,
    anything else is a category. A column that mixes both is an error at the first value that differs from those
    before it; name such a column in `nominal`. An empty field is a missing value. A field may be up to
    128 KB long (`csv.field_size_limit`).

    Parameters
    ----------
    path
        File (plain, gzip, bzip2 or xz), ``-`` for standard input, or a source that has been opened.
    bad_rows
        The policy for bad rows; the first one is raised if not given.
    label_columns
        Names or patterns (``label_*``) of the label columns, as a list or with commas between. They hold 0 or 1,
        true or false; an empty field is unknown, a row with some of them empty is partial, one with all of
        them empty unlabelled. Not given: the columns that begin with ``label:``, which is left out of the name of
        the label.
    label_separator
        What stands between the labels if there is one label column that holds lists (``a;b;c``; an empty field is an
        empty set). If not given and the one column's first field is no truth value, it is a semicolon.
    nominal
        Columns whose values are categories even where they look like numbers; so are those of columns that begin
        with ``nominal:``, which is left out of the name of the feature.
    id_column, time_column
        Columns that hold the instances' own ids and times (seconds, or ISO 8601); not given: ``:id`` and ``:t``.
    delimiter
        What stands between fields; not given: a tab for ``.tsv`` files, else a comma.

    Raises
    ------
    StreamError
        If there is no header line, or a column that was asked for is not in it.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "fruit.csv"
    ...     _ = path.write_text('size,colour,tags\n2.5,red,apple;ripe\n,"dark red",cherry\n')
    ...     list(CsvStream(path, label_columns=["tags"]).sets()) == [
    ...         ({"size": 2.5, "colour": "red"}, {"apple", "ripe"}),
    ...         ({"size": None, "colour": "dark red"}, {"cherry"}),
    ...     ]
    True
    """

    #: Bytes read at a time.
    BLOCK = 1 << 20

    def __init__(
        self,
        path: str | Path | ByteSource,
        bad_rows: BadRows | None = None,
        *,
        label_columns: str | Sequence[str] | None = None,
        label_separator: str | None = None,
        nominal: str | Sequence[str] = (),
        id_column: str | None = None,
        time_column: str | None = None,
        delimiter: str | None = None,
    ) -> None:
        self.source = path if isinstance(path, ByteSource) else ByteSource(path)
        super().__init__(self.source.name, bad_rows)
        self.rewinds = self.source.rewinds
        suffixes = self.source.name.lower().split(".")[1:]
        self.delimiter = delimiter or ("\t" if "tsv" in suffixes[-2:] else ",")
        if len(self.delimiter) != 1 or self.delimiter in '"\r\n':
            raise StreamError(f"{self.name}: delimiter must be one character, found {self.delimiter!r}")
        if label_separator == "":
            raise StreamError(f"{self.name}: label_separator must not be empty")
        self.columns = read_header(self.source, self.delimiter)
        self.roles = assign_roles(self.name, self.columns, label_columns, id_column, time_column)
        if label_separator is not None and not self.roles.exact:
            raise StreamError(
                f"{self.name}: label_separator is for one label column that holds lists, "
                f"found {len(self.roles.labels)} label columns: name the one in label_columns"
            )
        chosen = nominal.split(",") if isinstance(nominal, str) else nominal
        for name in chosen:
            if name not in self.columns:
                raise StreamError(f"{self.name}: nominal names {name!r}, but there is no such column")
        categories = {i for i, name in enumerate(self.columns) if name in chosen or name.startswith(NOMINAL_PREFIX)}
        names = [name.removeprefix(NOMINAL_PREFIX) for name in self.columns]
        features = [names[i] for i in self.roles.features]
        if len(set(features)) < len(features):
            twice = next(name for name in features if features.count(name) > 1)
            raise StreamError(f"{self.name}: two features are named {twice!r}, expected different names")
        self._parser = RowParser(names, self.roles, self.features, categories, label_separator)
        if self.roles.labels and not self.roles.exact:
            for label in self.roles.label_names:
                self.labels.add(label)
            self.declared_labels = len(self.labels)
        if self.rewinds:
            self.source.close()

    def batches(self, rows: int = ROWS) -> Iterator[Batch]:
        """Yield all rows, in order, `rows` a batch.

        Raises
        ------
        StreamError
            If a row does not fit (RowError: line and column), or the file is cut short; the rows before it have been
            yielded.
        """
        faults = Faults(self.name)
        builder = RowBuilder(self.features, self.labels, faults.note)
        return in_batches(self._read(builder), builder, faults, self.bad_rows, rows)

    def _read(self, builder: RowBuilder) -> Iterator[None]:
        # Records refers to itself: a reading that ends early would hold the file open until the next collection.
        with closing(line_blocks(self.source, self.BLOCK)) as blocks:  # type: ignore[type-var]
            records = Records(blocks, self.delimiter)
            next(records, None)  # the header
            for record in records:
                try:
                    if isinstance(record, FieldError):
                        raise record
                    x, y, key, time = self._parser.parse(record)
                    builder.add(x, y, key, time, records.line)
                except FieldError as error:
                    line, column = records.place(error.index)
                    self.bad_rows(RowError(self.name, line, column, error.what))
                except (TypeError, ValueError) as error:
                    self.bad_rows(RowError(self.name, records.line, 0, str(error)))
                else:
                    yield

    def progress(self) -> float | None:
        """Return the share of the file that has been read; None for standard input."""
        return self.source.progress()
