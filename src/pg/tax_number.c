/* SPDX-License-Identifier: PostgreSQL
 *
 * tax_number.c
 *	  Tax numbers of Chinese enterprises.
 */
#include "pg/rui_pg.h"


#include "utils/builtins.h"

#include "core/tax_number.h"

RUI_FUNCTION(tax_number_kind)
{
	text *number = PG_GETARG_TEXT_PP(0);

	switch (rui_tax_number_read(VARDATA_ANY(number), VARSIZE_ANY_EXHDR(number)))
	{
		case RUI_TAX_NUMBER_CREDIT_CODE:
			PG_RETURN_TEXT_P(cstring_to_text("credit_code"));
		case RUI_TAX_NUMBER_OLD:
			PG_RETURN_TEXT_P(cstring_to_text("old"));
		case RUI_TAX_NUMBER_NONE:
			break;
	}
	PG_RETURN_NULL();
}
