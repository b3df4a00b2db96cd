"""Exports of banks, with made-up movements, in the forms that these banks give them."""

from __future__ import annotations

# Spain, semicolons: an account before the header, two days, the currency twice, the payer's words at the end.
BBVA = """Últimos movimientos;;;
Cuenta;ES91 2100 0418 4502 0005 1332;;
;;;
F.Valor;Fecha;Concepto;Movimiento;Importe;Divisa;Disponible;Divisa;Observaciones
24/11/2026;23/11/2026;Transferencia recibida;Jose Garcia;1.234,56;EUR;9.876,54;EUR;Factura A-2026-000123
23/11/2026;23/11/2026;Cargo por recibo;Luz del Sur;-12,30;EUR;8.641,98;EUR;
"""
# Spain, the euro in the header, `Valor` short for the day of value.
SHORT_VALOR = """Fecha;Valor;Concepto;Importe (€);Saldo (€)
23-11-2026;24-11-2026;TRANSF. A 2026 000123;120,00;1.000,00
"""
# Spain, tabs, the bank's own number of each movement, and the payer's references.
TABS = (
    "F. Operativa\tConcepto\tF. Valor\tImporte\tSaldo\tNº Operación\tReferencia 1\n"
    "23/11/2026\tTRANSFERENCIA\t24/11/2026\t120,00\t1.000,00\tOP-7781\ta2026000123\n"
)
# Brazil, a D or C beside the amount, days without separators.
CAIXA = """"Conta";"Data_Mov";"Nr_Doc";"Historico";"Valor";"Deb_Cred"
"000100123";"20261124";"000000";"CRED TED A-2026-000123";"599,00";"C"
"000100123";"20261124";"241126";"TARIFA PACOTE";"45,10";"D"
"""
# Brazil, credit and debit apart, years of two digits, a balance that is no movement.
BRADESCO = """Extrato de: Ag: 123 | Conta: 45678-9
Data;Histórico;Docto.;Crédito (R$);Débito (R$);Saldo (R$)
24/11/26;TRANSFERENCIA PIX A-2026-000123;1234567;599,00;;1.599,00
24/11/26;TARIFA BANCARIA;7654321;;-45,10;1.553,90
;;Total;;;
"""
# Brazil, commas and decimal points, a long identifier.
NUBANK = """Data,Valor,Identificador,Descrição
24/11/2026,599.00,66f0a1b2-0001,"Transferência recebida, fatura A-2026-000123"
25/11/2026,-1200.50,66f0a1b2-0002,Pagamento de boleto
"""
# Chile, no cents, a dollar sign, charges and payments apart.
BANCO_ESTADO = """N° Operación;Fecha;Descripción;Cheques / Cargos;Depósitos / Abonos;Saldo
0012345;24-11-2026;TRANSFERENCIA DE ANA SOTO A-2026-000123;$0;$119.000;$1.119.000
0012346;24-11-2026;PAGO SERVICIOS;$15.990;$0;$1.103.010
"""
# Chile, one amount and whether it is a charge: here C is the charge, and A the payment.
SANTANDER_CHILE = """MONTO,DESCRIPCIÓN MOVIMIENTO,FECHA,SALDO,N° DOCUMENTO,SUCURSAL,CARGO/ABONO
"119,000",Transf de Ana Soto A-2026-000123,24/11/2026,"1,119,000",0,Internet,A
"15,990",Pago Servicios,24/11/2026,"1,103,010",0,Internet,C
"""
# English, money in and out, the payer's reference in the column of references.
ENGLISH = """Transaction Date,Transaction Description,Reference,Debit Amount,Credit Amount,Currency
24/11/2026,FASTER PAYMENT J GARCIA,A-2026-000123,,"1,234.56",USD
24/11/2026,CARD PURCHASE,,12.30,,USD
"""
