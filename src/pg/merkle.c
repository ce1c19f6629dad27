/* SPDX-License-Identifier: PostgreSQL
 *
 * merkle.c
 *	  Merkle trees over SHA-256 (RFC 6962) as SQL functions.
 */
#include "pg/rui_pg.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"

#include "core/merkle.h"

static void
read_digest(bytea *bytes, const char *what, rui_digest *digest)
{
	if (VARSIZE_ANY_EXHDR(bytes) != RUI_SHA256_SIZE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s has %d bytes", what, (int) VARSIZE_ANY_EXHDR(bytes)),
				 errhint("A SHA-256 digest has 32.")));
	memcpy(digest->bytes, VARDATA_ANY(bytes), RUI_SHA256_SIZE);
}

static Datum
write_digest(const rui_digest *digest)
{
	bytea *result = palloc(VARHDRSZ + RUI_SHA256_SIZE);

	SET_VARSIZE(result, VARHDRSZ + RUI_SHA256_SIZE);
	memcpy(VARDATA(result), digest->bytes, RUI_SHA256_SIZE);
	return PointerGetDatum(result);
}

static void
refuse_null(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s is null", what),
			 errhint("Filter nulls out, or hash what stands for nothing.")));
}

/* The elements of a one-dimensional array of bytea. */
static int
elements(ArrayType *array, const char *what, Datum **values)
{
	bool *nulls;
	int count;
	int i;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s stands in %d dimensions", what, ARR_NDIM(array)),
				 errhint("Give a list.")));
	deconstruct_array(array, BYTEAOID, -1, false, TYPALIGN_INT, values, &nulls, &count);
	for (i = 0; i < count; i++)
		if (nulls[i])
			refuse_null(what);
	return count;
}

static rui_digest *
leaf_hashes(ArrayType *array, int *count)
{
	Datum *values;
	rui_digest *leaves;
	int i;

	*count = elements(array, "a leaf", &values);
	leaves = MemoryContextAllocHuge(CurrentMemoryContext,
									(Size) Max(*count, 1) * sizeof(rui_digest));
	for (i = 0; i < *count; i++)
	{
		bytea *leaf = DatumGetByteaPP(values[i]);

		if (i % 4096 == 0)
			CHECK_FOR_INTERRUPTS();
		rui_merkle_hash_leaf(VARDATA_ANY(leaf), VARSIZE_ANY_EXHDR(leaf), &leaves[i]);
		if ((Pointer) leaf != DatumGetPointer(values[i]))
			pfree(leaf);
	}
	return leaves;
}

static rui_digest *
read_proof(ArrayType *array, int *length)
{
	Datum *values;
	rui_digest *proof;
	int i;

	*length = elements(array, "a part of the proof", &values);
	proof = palloc(Max(*length, 1) * sizeof(rui_digest));
	for (i = 0; i < *length; i++)
		read_digest(DatumGetByteaPP(values[i]), "a part of the proof", &proof[i]);
	return proof;
}

static Datum
write_proof(const rui_proof *proof)
{
	Datum parts[RUI_MERKLE_DEPTH];
	int i;

	for (i = 0; i < proof->length; i++)
		parts[i] = write_digest(&proof->part[i]);
	return PointerGetDatum(construct_array(parts, proof->length, BYTEAOID, -1, false,
										   TYPALIGN_INT));
}

RUI_FUNCTION(merkle_leaf)
{
	bytea *leaf = PG_GETARG_BYTEA_PP(0);
	rui_digest digest;

	rui_merkle_hash_leaf(VARDATA_ANY(leaf), VARSIZE_ANY_EXHDR(leaf), &digest);
	PG_RETURN_DATUM(write_digest(&digest));
}

RUI_FUNCTION(_merkle_step)
{
	MemoryContext context;
	rui_merkle *tree;
	bytea *leaf;
	rui_digest digest;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "_merkle_step called outside of an aggregate");
	if (PG_ARGISNULL(1))
		refuse_null("a leaf");
	if (PG_ARGISNULL(0))
	{
		tree = MemoryContextAlloc(context, sizeof(rui_merkle));
		tree->size = 0;
	}
	else
		tree = (rui_merkle *) PG_GETARG_POINTER(0);
	leaf = PG_GETARG_BYTEA_PP(1);
	rui_merkle_hash_leaf(VARDATA_ANY(leaf), VARSIZE_ANY_EXHDR(leaf), &digest);
	PG_FREE_IF_COPY(leaf, 1);
	rui_merkle_add(tree, &digest);
	PG_RETURN_POINTER(tree);
}

RUI_FUNCTION(_merkle_result)
{
	static const rui_merkle empty;
	const rui_merkle *tree = PG_ARGISNULL(0) ? &empty : (rui_merkle *) PG_GETARG_POINTER(0);
	rui_digest root;

	rui_merkle_root(tree, &root);
	PG_RETURN_DATUM(write_digest(&root));
}

RUI_FUNCTION(merkle_proof)
{
	int count;
	rui_digest *leaves = leaf_hashes(PG_GETARG_ARRAYTYPE_P(0), &count);
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_proof proof;
	rui_error error;

	/* A negative index is beyond every tree. */
	RUI_CHECK(rui_merkle_path(&env, leaves, count, (uint64) PG_GETARG_INT64(1), &proof, &error),
			  error, "proof");
	PG_RETURN_DATUM(write_proof(&proof));
}

RUI_FUNCTION(merkle_verify)
{
	bytea *leaf = PG_GETARG_BYTEA_PP(0);
	int64 index = PG_GETARG_INT64(1);
	int64 size = PG_GETARG_INT64(2);
	rui_digest root;
	rui_digest hash;
	rui_digest *path;
	int length;

	path = read_proof(PG_GETARG_ARRAYTYPE_P(3), &length);
	read_digest(PG_GETARG_BYTEA_PP(4), "the root", &root);
	rui_merkle_hash_leaf(VARDATA_ANY(leaf), VARSIZE_ANY_EXHDR(leaf), &hash);
	PG_RETURN_BOOL(index >= 0 && size > 0 &&
				   rui_merkle_holds(&hash, index, size, path, length, &root));
}

RUI_FUNCTION(merkle_consistency)
{
	int count;
	rui_digest *leaves = leaf_hashes(PG_GETARG_ARRAYTYPE_P(0), &count);
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_proof proof;
	rui_error error;

	RUI_CHECK(rui_merkle_extension(&env, leaves, count, (uint64) PG_GETARG_INT64(1), &proof,
								   &error),
			  error, "proof");
	PG_RETURN_DATUM(write_proof(&proof));
}

RUI_FUNCTION(merkle_verify_consistency)
{
	int64 old_size = PG_GETARG_INT64(0);
	int64 size = PG_GETARG_INT64(2);
	rui_digest old_root;
	rui_digest root;
	rui_digest *proof;
	int length;

	read_digest(PG_GETARG_BYTEA_PP(1), "the old root", &old_root);
	read_digest(PG_GETARG_BYTEA_PP(3), "the root", &root);
	proof = read_proof(PG_GETARG_ARRAYTYPE_P(4), &length);
	PG_RETURN_BOOL(old_size >= 0 && size >= 0 &&
				   rui_merkle_extends(old_size, &old_root, size, &root, proof, length));
}
