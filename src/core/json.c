/* SPDX-License-Identifier: PostgreSQL
 *
 * json.c
 *	  Reader of JSON texts (RFC 8259) for rule values.
 */
#include "core/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The arena is a list of blocks; values never move once made. */
typedef struct block
{
	struct block *next;
	size_t used;
	size_t size;
	char bytes[];
} block;

typedef struct reader
{
	const rui_env *env;
	const char *text;
	size_t length;
	size_t at;
	block *blocks;
	uint32_t steps; /* values read and keys compared */
	rui_error *error;
} reader;

static rui_status read_value(reader *r, rui_json *value, int depth);

static void *
take(reader *r, size_t size)
{
	block *top = r->blocks;
	void *result;

	size = (size + 15) & ~(size_t) 15;
	if (top == NULL || top->size - top->used < size)
	{
		size_t wanted = size > 8192 ? size : 8192;

		top = rui_allocate(r->env, 1, sizeof(block) + wanted);
		if (top == NULL)
			return NULL;
		top->next = r->blocks;
		top->used = 0;
		top->size = wanted;
		r->blocks = top;
	}
	result = top->bytes + top->used;
	top->used += size;
	return result;
}

static rui_status
bad(reader *r, size_t offset, const char *what)
{
	char part[24];
	size_t count = r->length - (offset < r->length ? offset : r->length);

	if (count > 16)
		count = 16;
	/* Do not cut inside a character. */
	while (count > 0 && offset + count < r->length &&
		   ((unsigned char) r->text[offset + count] & 0xC0) == 0x80)
		count--;
	memcpy(part, r->text + offset, count);
	part[count] = '\0';
	return rui_fail_at(r->error, RUI_SYNTAX, (int64_t) offset, part,
					   "Give one JSON value as RFC 8259 defines it.",
					   "%s at byte %zu.", what, offset);
}

static void
skip_space(reader *r)
{
	while (r->at < r->length && memchr(" \t\n\r", r->text[r->at], 4) != NULL)
		r->at++;
}

static int
hex_digit(char character)
{
	if (character >= '0' && character <= '9')
		return character - '0';
	if (character >= 'a' && character <= 'f')
		return character - 'a' + 10;
	if (character >= 'A' && character <= 'F')
		return character - 'A' + 10;
	return -1;
}

static bool
read_hex4(reader *r, uint32_t *code)
{
	int i;

	*code = 0;
	if (r->length - r->at < 4)
		return false;
	for (i = 0; i < 4; i++)
	{
		int digit = hex_digit(r->text[r->at + i]);

		if (digit < 0)
			return false;
		*code = *code * 16 + (uint32_t) digit;
	}
	r->at += 4;
	return true;
}

static size_t
put_utf8(char *target, uint32_t code)
{
	if (code < 0x80)
	{
		target[0] = (char) code;
		return 1;
	}
	if (code < 0x800)
	{
		target[0] = (char) (0xC0 | (code >> 6));
		target[1] = (char) (0x80 | (code & 0x3F));
		return 2;
	}
	if (code < 0x10000)
	{
		target[0] = (char) (0xE0 | (code >> 12));
		target[1] = (char) (0x80 | ((code >> 6) & 0x3F));
		target[2] = (char) (0x80 | (code & 0x3F));
		return 3;
	}
	target[0] = (char) (0xF0 | (code >> 18));
	target[1] = (char) (0x80 | ((code >> 12) & 0x3F));
	target[2] = (char) (0x80 | ((code >> 6) & 0x3F));
	target[3] = (char) (0x80 | (code & 0x3F));
	return 4;
}

/* Bytes of the well-formed UTF-8 character at text, or 0 (RFC 3629). */
static size_t
utf8_length(const unsigned char *text, size_t left)
{
	size_t length;
	size_t i;

	if (text[0] < 0x80)
		return 1;
	if (text[0] < 0xC2 || text[0] > 0xF4)
		return 0;
	length = text[0] < 0xE0 ? 2 : 3;
	if (text[0] >= 0xF0)
		length = 4;
	if (left < length)
		return 0;
	for (i = 1; i < length; i++)
		if ((text[i] & 0xC0) != 0x80)
			return 0;
	if ((text[0] == 0xE0 && text[1] < 0xA0) || (text[0] == 0xED && text[1] > 0x9F) ||
		(text[0] == 0xF0 && text[1] < 0x90) || (text[0] == 0xF4 && text[1] > 0x8F))
		return 0;
	return length;
}

static rui_status
read_escape(reader *r, char *target, size_t *length)
{
	static const char plain[] = "\"\\/bfnrt";
	static const char meant[] = "\"\\/\b\f\n\r\t";
	size_t start = r->at - 1;
	const char *found;
	uint32_t code;
	uint32_t low;

	if (r->at >= r->length)
		return bad(r, start, "Unfinished escape");
	if (r->text[r->at] != 'u')
	{
		found = r->text[r->at] == '\0' ? NULL : strchr(plain, r->text[r->at]);
		if (found == NULL)
			return bad(r, start, "Unknown escape");
		target[(*length)++] = meant[found - plain];
		r->at++;
		return RUI_OK;
	}
	r->at++;
	if (!read_hex4(r, &code) || code == 0 || (code >= 0xDC00 && code <= 0xDFFF))
		return bad(r, start, "Impossible \\u escape");
	if (code >= 0xD800 && code <= 0xDBFF)
	{
		if (r->length - r->at < 6 || r->text[r->at] != '\\' || r->text[r->at + 1] != 'u')
			return bad(r, start, "Half a surrogate pair");
		r->at += 2;
		if (!read_hex4(r, &low) || low < 0xDC00 || low > 0xDFFF)
			return bad(r, start, "Half a surrogate pair");
		code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
	}
	*length += put_utf8(target + *length, code);
	return RUI_OK;
}

static rui_status
read_string(reader *r, const char **text, size_t *length)
{
	size_t start = r->at;
	size_t end = r->at + 1;
	size_t used = 0;
	char *target;

	/* A decoded string is never longer than its source. */
	while (end < r->length && r->text[end] != '"')
		end += r->text[end] == '\\' ? 2 : 1;
	if (end >= r->length)
		return bad(r, start, "Unfinished string");
	target = take(r, end - start + 4);
	if (target == NULL)
		return rui_fail_memory(r->error, end - start);
	for (r->at = start + 1; r->text[r->at] != '"';)
	{
		unsigned char byte = (unsigned char) r->text[r->at];
		size_t size;

		if (byte < 0x20)
			return bad(r, r->at, "Control character in a string");
		if (byte == '\\')
		{
			rui_status status;

			r->at++;
			status = read_escape(r, target, &used);
			if (status != RUI_OK)
				return status;
			continue;
		}
		size = utf8_length((const unsigned char *) r->text + r->at, end - r->at);
		if (size == 0)
			return bad(r, r->at, "Invalid UTF-8");
		memcpy(target + used, r->text + r->at, size);
		used += size;
		r->at += size;
	}
	r->at++;
	target[used] = '\0';
	*text = target;
	*length = used;
	return RUI_OK;
}

static void
skip_digits(reader *r)
{
	while (r->at < r->length && r->text[r->at] >= '0' && r->text[r->at] <= '9')
		r->at++;
}

static rui_status
read_number(reader *r, rui_json *value)
{
	size_t start = r->at;
	size_t mark;
	char *target;

	if (r->text[r->at] == '-')
		r->at++;
	mark = r->at;
	skip_digits(r);
	if (r->at == mark || (r->text[mark] == '0' && r->at > mark + 1))
		return bad(r, start, "Malformed number");
	if (r->at < r->length && r->text[r->at] == '.')
	{
		mark = ++r->at;
		skip_digits(r);
		if (r->at == mark)
			return bad(r, start, "Malformed number");
	}
	if (r->at < r->length && (r->text[r->at] == 'e' || r->text[r->at] == 'E'))
	{
		r->at++;
		if (r->at < r->length && (r->text[r->at] == '+' || r->text[r->at] == '-'))
			r->at++;
		mark = r->at;
		skip_digits(r);
		if (r->at == mark)
			return bad(r, start, "Malformed number");
	}
	value->kind = RUI_JSON_NUMBER;
	value->length = r->at - start;
	target = take(r, value->length + 1);
	if (target == NULL)
		return rui_fail_memory(r->error, value->length);
	memcpy(target, r->text + start, value->length);
	target[value->length] = '\0';
	value->text = target;
	return RUI_OK;
}

static bool
read_word(reader *r, const char *word)
{
	size_t length = strlen(word);

	if (r->length - r->at < length || memcmp(r->text + r->at, word, length) != 0)
		return false;
	r->at += length;
	return true;
}

static bool
is_stopped(reader *r)
{
	return (++r->steps & 0x3FFF) == 0 && rui_interrupted(r->env);
}

/* Rule values have few keys an object; a hostile text with many can be
 * stopped, since each comparison counts. */
static rui_status
check_key(reader *r, const rui_json *object, const rui_json *member, size_t offset)
{
	const rui_json *other;

	for (other = object->first; other != member; other = other->next)
	{
		if (is_stopped(r))
			return rui_fail_interrupted(r->error);
		if (strcmp(other->key, member->key) == 0)
			return rui_fail_at(r->error, RUI_SYNTAX, (int64_t) offset, member->key,
							   "Give every key once.", "The key stands twice in one object.");
	}
	return RUI_OK;
}

static rui_status
read_members(reader *r, rui_json *value, int depth)
{
	bool is_object = value->kind == RUI_JSON_OBJECT;
	char end = is_object ? '}' : ']';
	rui_json **tail = &value->first;
	rui_status status;

	r->at++;
	skip_space(r);
	if (r->at < r->length && r->text[r->at] == end)
	{
		r->at++;
		return RUI_OK;
	}
	for (;;)
	{
		rui_json *member = take(r, sizeof(rui_json));
		size_t length;
		size_t offset;

		if (member == NULL)
			return rui_fail_memory(r->error, sizeof(rui_json));
		if (is_stopped(r))
			return rui_fail_interrupted(r->error);
		memset(member, 0, sizeof *member);
		member->parent = value;
		skip_space(r);
		if (is_object)
		{
			offset = r->at;
			if (r->at >= r->length || r->text[r->at] != '"')
				return bad(r, r->at, "Expected a key");
			status = read_string(r, &member->key, &length);
			if (status != RUI_OK)
				return status;
			*tail = member;
			status = check_key(r, value, member, offset);
			if (status != RUI_OK)
				return status;
			skip_space(r);
			if (r->at >= r->length || r->text[r->at] != ':')
				return bad(r, r->at, "Expected a colon");
			r->at++;
		}
		*tail = member;
		tail = &member->next;
		value->count++;
		status = read_value(r, member, depth + 1);
		if (status != RUI_OK)
			return status;
		skip_space(r);
		if (r->at < r->length && r->text[r->at] == ',')
		{
			r->at++;
			continue;
		}
		if (r->at >= r->length || r->text[r->at] != end)
			return bad(r, r->at, is_object ? "Expected a comma or }" : "Expected a comma or ]");
		r->at++;
		return RUI_OK;
	}
}

static rui_status
read_value(reader *r, rui_json *value, int depth)
{
	skip_space(r);
	if (depth > RUI_JSON_DEPTH)
		return rui_fail_at(r->error, RUI_LIMIT, (int64_t) r->at, NULL, "Nest less deeply.",
						   "JSON may nest at most %d levels.", RUI_JSON_DEPTH);
	value->offset = (int64_t) r->at;
	if (r->at >= r->length)
		return bad(r, r->at, "The text ends where a value should stand");
	switch (r->text[r->at])
	{
		case '{':
			value->kind = RUI_JSON_OBJECT;
			return read_members(r, value, depth);
		case '[':
			value->kind = RUI_JSON_ARRAY;
			return read_members(r, value, depth);
		case '"':
			value->kind = RUI_JSON_STRING;
			return read_string(r, &value->text, &value->length);
		case 't':
		case 'f':
			value->kind = RUI_JSON_BOOLEAN;
			value->boolean = r->text[r->at] == 't';
			if (read_word(r, value->boolean ? "true" : "false"))
				return RUI_OK;
			break;
		case 'n':
			value->kind = RUI_JSON_NULL;
			if (read_word(r, "null"))
				return RUI_OK;
			break;
		default:
			if (r->text[r->at] == '-' || (r->text[r->at] >= '0' && r->text[r->at] <= '9'))
				return read_number(r, value);
			break;
	}
	return bad(r, r->at, "Unexpected character");
}

static void
release_blocks(const rui_env *env, block *top)
{
	while (top != NULL)
	{
		block *next = top->next;

		rui_release(env, top);
		top = next;
	}
}

rui_status
rui_json_parse(const rui_env *env, const char *text, size_t length,
			   rui_json_document *document, rui_error *error)
{
	reader r = { .env = env, .text = text, .length = length, .error = error };
	rui_json *root = take(&r, sizeof(rui_json));
	rui_status status;

	if (root == NULL)
		return rui_fail_memory(error, sizeof(rui_json));
	memset(root, 0, sizeof *root);
	status = read_value(&r, root, 0);
	if (status == RUI_OK)
	{
		skip_space(&r);
		if (r.at < r.length)
			status = bad(&r, r.at, "Text after the value");
	}
	if (status != RUI_OK)
	{
		release_blocks(env, r.blocks);
		return status;
	}
	document->root = root;
	document->arena = r.blocks;
	return RUI_OK;
}

void
rui_json_release(const rui_env *env, rui_json_document *document)
{
	release_blocks(env, document->arena);
	document->root = NULL;
	document->arena = NULL;
}

const rui_json *
rui_json_member(const rui_json *object, const char *key)
{
	const rui_json *member;

	/* Elements of an array have no names. */
	if (object->kind != RUI_JSON_OBJECT)
		return NULL;
	for (member = object->first; member != NULL; member = member->next)
		if (strcmp(member->key, key) == 0)
			return member;
	return NULL;
}

void
rui_json_path(const rui_json *value, char *path, size_t size)
{
	size_t used;

	if (value->parent == NULL)
	{
		path[0] = '\0';
		return;
	}
	rui_json_path(value->parent, path, size);
	used = strlen(path);
	if (value->key != NULL)
		snprintf(path + used, size - used, "%s%s", used > 0 ? "." : "", value->key);
	else
	{
		const rui_json *other;
		size_t index = 0;

		for (other = value->parent->first; other != value; other = other->next)
			index++;
		snprintf(path + used, size - used, "[%zu]", index);
	}
}

rui_status
rui_json_fail(rui_error *error, rui_status code, const rui_json *value, const char *hint,
			  const char *detail, ...)
{
	char path[sizeof error->part];
	char text[sizeof error->detail];
	va_list arguments;

	va_start(arguments, detail);
	vsnprintf(text, sizeof text, detail, arguments);
	va_end(arguments);
	rui_json_path(value, path, sizeof path);
	return rui_fail_at(error, code, value->offset, path, hint, "%s", text);
}

rui_status
rui_json_expect(const rui_json *value, rui_json_kind kind, rui_error *error)
{
	static const char *const names[] = { "null", "true or false", "a number", "a string",
										 "an array", "an object" };
	static const char *const hints[] = { "Write null.",
										 "Write true or false, without quotes.",
										 "Write a number, without quotes.",
										 "Write a string, in double quotes.",
										 "Write an array, in square brackets.",
										 "Write an object, in braces." };

	if (value->kind == kind)
		return RUI_OK;
	return rui_json_fail(error, RUI_INVALID, value, hints[kind], "Expected %s, found %s.",
						 names[kind], names[value->kind]);
}

rui_status
rui_json_only(const rui_json *object, const char *const *keys, rui_error *error)
{
	const rui_json *member;

	for (member = object->first; member != NULL; member = member->next)
	{
		size_t i;
		char hint[sizeof error->hint];
		size_t used;

		for (i = 0; keys[i] != NULL; i++)
			if (strcmp(member->key, keys[i]) == 0)
				break;
		if (keys[i] != NULL)
			continue;
		used = (size_t) snprintf(hint, sizeof hint, "Known keys are");
		for (i = 0; keys[i] != NULL && used < sizeof hint - 1; i++)
			used += (size_t) snprintf(hint + used, sizeof hint - used, "%s %s", i > 0 ? "," : "",
									  keys[i]);
		if (used < sizeof hint - 1)
			snprintf(hint + used, sizeof hint - used, ".");
		return rui_json_fail(error, RUI_INVALID, member, hint, "The key is not known here.");
	}
	return RUI_OK;
}

rui_status
rui_json_integer(const rui_json *value, int64_t low, int64_t high, int64_t *result,
				 rui_error *error)
{
	int64_t number = 0;
	const char *digit;
	bool negative;
	bool bad_number = false;
	rui_status status = rui_json_expect(value, RUI_JSON_NUMBER, error);

	if (status != RUI_OK)
		return status;
	negative = value->text[0] == '-';
	for (digit = value->text + (negative ? 1 : 0); *digit != '\0'; digit++)
	{
		if (*digit < '0' || *digit > '9' || rui_multiply_overflows(number, 10, &number) ||
			rui_subtract_overflows(number, *digit - '0', &number))
		{
			bad_number = true;
			break;
		}
	}
	/* Collected as a negative number, so that the least int64 fits. */
	if (!bad_number && !negative)
		bad_number = rui_subtract_overflows(0, number, &number);
	if (bad_number || number < low || number > high)
		return rui_json_fail(error, RUI_INVALID, value, NULL,
							 "Expected an integer from %lld to %lld, found %s.", (long long) low,
							 (long long) high, value->text);
	*result = number;
	return RUI_OK;
}
