"""JSON that has to be taken, refused, or may be either, as the groups of JSONTestSuite are: values, one per case."""

from typing import Literal, NamedTuple

__all__ = ["CASES", "Case"]

Verdict = Literal["accepted", "refused", "either"]


class Case(NamedTuple):
    verdict: Verdict
    name: str
    value: bytes


def _cases(verdict: Verdict, **values: bytes) -> list[Case]:
    return [Case(verdict, name, value) for name, value in values.items()]


_GOOD = _cases(
    "accepted",
    null=b"null", true=b"true", false=b"false", zero=b"0", minus_zero=b"-0", one=b"1", minus=b"-1", digits=b"123",
    fraction=b"1.5", zero_fraction=b"0.0", minus_fraction=b"-0.5", long_fraction=b"0.12345678901234567890123",
    exponent=b"1e5", exponent_upper=b"1E5", exponent_plus=b"1e+5", exponent_minus=b"1e-5", exponent_zero=b"0e0",
    exponent_leading_zero=b"1e05", fraction_exponent=b"1.25E-2", int32=b"2147483648", safe_int=b"9007199254740993",
    int64=b"9223372036854775807", int64_low=b"-9223372036854775808", uint64=b"18446744073709551615",
    largest_float=b"1.7976931348623157e308", empty_text=b'""', text=b'"abc"', text_utf8='"hé€😀"'.encode(),
    escape_quote=rb'"\""', escape_backslash=rb'"\\"', escape_slash=rb'"\/"', escape_all=rb'"\b\f\n\r\t"',
    escape_nul=rb'"\u0000"', escape_control=rb'"\u001e"', escape_hex_upper=rb'"\u00E9"', escape_hex_lower=rb'"\u00e9"',
    escape_pair=rb'"\ud83d\ude00"', escape_noncharacter=rb'"\uffff"', escape_escaped=rb'"\\u0000"',
    text_delete=b'"\x7f"', text_line_separator=b'"\xe2\x80\xa8"', text_bom=b'"\xef\xbb\xbf"',
    text_noncharacter=b'"\xef\xbf\xbf"', text_last_code_point=b'"\xf4\x8f\xbf\xbf"', text_c1=b'"\xc2\x80"',
    text_brackets=b'"[{]}"', text_comment=b'"/* // */"', text_long=b'"' + b"x" * 2000 + b'"',
    empty_array=b"[]", array=b"[1,2]", array_blanks=b" [ 1 , 2 ] ", array_tabs=b"\t[\n1\r\n]",
    array_mixed=b'[null,1,"a",{}]',
    array_nested=b"[[[]]]", array_many=b"[" + b"0," * 500 + b"0]", deep=b"[" * 60 + b"]" * 60,
    empty_object=b"{}", member=b'{"a":1}', members=b'{"a":1,"b":[2]}', member_blanks=b' { "a" : 1 } ',
    empty_key=b'{"":0}', key_escape=rb'{"\u0061":1}', key_utf8='{"é":1}'.encode(), key_nul=rb'{"\u0000":1}',
    key_case=b'{"a":1,"A":2}', nested_object=b'{"a":{"b":{"c":{}}}}', deep_object=b'{"a":' * 50 + b"1" + b"}" * 50,
    key_long=b'{"' + b"k" * 500 + b'":1}', key_proto=b'{"__proto__":1}',
)  # fmt: skip
_BAD = _cases(
    "refused",
    empty=b"", blank=b" ", nan=b"NaN", minus_nan=b"-NaN", infinity=b"Infinity", minus_infinity=b"-Infinity", inf=b"inf",
    plus=b"+1", minus_alone=b"-", minus_twice=b"--1", minus_space=b"- 1", leading_zero=b"01", minus_leading_zero=b"-01",
    zeros=b"00", point_first=b".5", point_last=b"1.", point_minus=b"-.5", point_twice=b"1.2.3", point_exponent=b"1.e1",
    exponent_alone=b"1e", exponent_sign=b"1e+", exponent_twice=b"1e1e1", exponent_fraction=b"1e1.5", hexadecimal=b"0x1",
    octal=b"0o7", underscore=b"1_000", comma_number=b"1,5", letter_number=b"1a", digits_full_width=b"\xef\xbc\x91",
    true_case=b"True", null_case=b"NULL", none=b"None", undefined=b"undefined", tru=b"tru", nul=b"nul", fals=b"fals",
    true_more=b"truex", words=b"true false", text_open=b'"', text_open_long=b'"abc', text_single=b"'a'",
    text_bare=b"abc",
    text_backtick=b"`a`", text_open_escape=b'"\\', text_escaped_end=rb'"a\"', text_newline=b'"\n"', text_return=b'"\r"',
    text_tab=b'"\t"', text_nul=b'"\0"', text_unit_separator=b'"\x1f"', escape_unknown=rb'"\x41"', escape_a=rb'"\a"',
    escape_v=rb'"\v"', escape_zero=rb'"\0"', escape_single=rb'''"\'"''', escape_upper_u=rb'"\U0041"',
    escape_short=rb'"\u12"', escape_empty=rb'"\u"', escape_no_hex=rb'"\u00zz"', escape_blank=rb'"\ "',
    escape_newline=b'"\\\n"', escape_utf8=b'"\\\xc3\xa9"', surrogate_high=rb'"\ud800"', surrogate_low=rb'"\udc00"',
    surrogates_swapped=rb'"\udc00\ud800"', surrogate_high_twice=rb'"\ud800\ud800"', surrogate_high_text=rb'"\ud800abc"',
    surrogate_high_escape=rb'"\ud800\n"', surrogate_short=rb'"\ud83d\ude"', array_open=b"[", array_open_value=b"[1",
    array_open_comma=b"[1,", array_close=b"]", array_extra_close=b"[1]]", array_comma_last=b"[1,]", array_comma=b"[,]",
    array_comma_first=b"[,1]", array_comma_twice=b"[1,,2]", array_no_comma=b"[1 2]", array_colon=b"[1:2]",
    array_semicolon=b"[1;2]", array_wrong_close=b"[1}", array_star=b"[*]", array_member=b'["a":1]', object_open=b"{",
    object_close=b"}", object_key=b'{"a"}', object_colon=b'{"a":}', object_no_colon=b'{"a" 1}',
    object_two_colons=b'{"a"::1}',
    object_comma_last=b'{"a":1,}', object_comma=b"{,}", object_comma_twice=b'{"a":1,,"b":2}',
    object_no_comma=b'{"a":1 "b":2}',
    object_wrong_close=b'{"a":1]', object_open_value=b'{"a":1', object_single=b"{'a':1}", object_bare=b"{a:1}",
    object_number_key=b"{1:1}", object_null_key=b"{null:1}", object_equals=b'{"a"=1}', object_value=b"{1}",
    object_key_newline=b'{"a\n":1}', comment=b"/**/1", comment_inside=b"[1/**/]", comment_line=b"1//",
    comment_hash=b"1#",
    two_values=b"1 2", two_arrays=b"[][]", two_objects=b"{}{}", text_behind=b"[]x", bom=b"\xef\xbb\xbf1",
    utf16=b"1\0", form_feed=b"\x0c1", vertical_tab=b"\x0b1", no_break_space=b"\xc2\xa01", nul_behind=b"1\0",
    zero_width=b"\xe2\x80\x8b1", word_joiner=b"\xe2\x81\xa01", angle=b"<1>", garbage=b"\xff", brackets=b"[" * 2000,
    deep=b"[" * 70 + b"]" * 70, deeper=b"[" * 50_000 + b"]" * 50_000, deep_object=b'{"a":' * 70 + b"1" + b"}" * 70,
    utf8_ff=b'"\xff"', utf8_continuation=b'"\x80"', utf8_cut=b'"\xe2\x82"', utf8_overlong=b'"\xc0\xaf"',
    utf8_overlong_nul=b'"\xc0\x80"', utf8_overlong_3=b'"\xe0\x80\xaf"', utf8_surrogate=b'"\xed\xa0\x80"',
    utf8_beyond=b'"\xf4\x90\x80\x80"', utf8_five=b'"\xf8\x88\x80\x80\x80"', utf8_latin=b'"\xe9"',
    utf8_key=b'{"\xff":1}', utf8_nested=b'[[{"a":"\xff"}]]',
)  # fmt: skip
_OPEN = _cases(
    "either",
    huge_exponent=b"1e400", minus_huge_exponent=b"-1e400", tiny=b"1e-999", huge_zero_exponent=b"0e999999999",
    int_beyond_64_bits=b"1" * 30, int_of_400=b"9" * 400, int_of_5000=b"9" * 5000, fraction_of_5000=b"0." + b"9" * 5000,
    key_twice=b'{"a":1,"a":2}', key_twice_same=b'{"a":1,"a":1}', key_escape_twice=rb'{"a":1,"\u0061":2}',
    depth_63=b"[" * 63 + b"]" * 63,
)  # fmt: skip

CASES = [*_GOOD, *_BAD, *_OPEN]
