"""Names of countries in use that neither ISO 3166-1 nor its translations list: nicknames, parts, other codes."""

from __future__ import annotations

_TABLE = """
AE: UAE, Emirates, الإمارات
AG: Antigua
AT: Oesterreich
BA: Bosnia
BN: Brunei
BY: Weißrussland, Biélorussie, Bielorrusia, Bielorussia, Wit-Rusland, Byelorussia
CD: DR Congo, DRC, RDC, Democratic Republic of the Congo, Democratic Republic of Congo, Congo-Kinshasa
CG: Congo-Brazzaville
CH: SUI, Svizra
CI: Ivory Coast, Elfenbeinküste
CN: PRC, PR China, Mainland China
CV: Cape Verde
CZ: Czech Republic, Tschechische Republik, République tchèque, Česká republika, Tchéquie
DE: GER, BRD
DK: DEN
DO: Rep Dominicana
ES: Espanya
FK: Falkland Islands
FR: La France, France métropolitaine, Metropolitan France
GB: UK, Great Britain, Britain, England, Scotland, Wales, Northern Ireland, United Kingdom of Great Britain
GB: Grande-Bretagne, Großbritannien, Gran Bretaña, Gran Bretagna, Grã-Bretanha, Groot-Brittannië, Storbritannien
GB: Storbritannia, Wielka Brytania, Великобритания, Англия, イギリス, 영국, 英格兰
GB: Angleterre, Inghilterra, Inglaterra, Engeland, Écosse, Schottland, Scozia, Pays de Galles
GF: Guyane
GR: EL, Hellas, GRE
HK: Hong Kong SAR, Hong Kong SAR China
HR: CRO
IE: Republic of Ireland, Éire, Southern Ireland
IN: Bharat, भारत
JP: Nippon, 日本国
KP: DPRK
KR: Korea, Korea Republic, S Korea, ROK, 한국
KZ: Қазақстан
LA: Lao, Lao PDR
LU: Lëtzebuerg
MF: Saint Martin
MK: Macedonia, FYROM, Republic of Macedonia
MM: Burma
MO: Macau, Macau SAR, Macao SAR China
MX: Méjico
NL: Holland, Hollande, Holanda, Olanda, NED
NO: Noreg
NZ: Aotearoa
PF: Tahiti
PS: Palestine, Palestinian Territory, Palestinian Territories
PT: POR
RE: La Réunion, Île de la Réunion
RU: Russia, Россия, Russie, Russland, Rusland, Rusia
SA: KSA, السعودية
SH: Saint Helena
SJ: Svalbard
SX: Sint Maarten
SZ: Swaziland
TC: Turks and Caicos
TH: ประเทศไทย
TL: East Timor
TR: Turkey
TT: Trinidad, Tobago
TW: Taiwan ROC
US: America, US of A, United States America, EUA, EEUU, États-Unis, Estados Unidos, Vereinigte Staaten
US: Förenta staterna, アメリカ
VA: Vatican, Vatican City, Holy See
VC: Saint Vincent
VG: BVI
VI: USVI
XK: Kosovo, Kosova, Косово
ZA: RSA
"""


def _rows() -> dict[str, str]:
    lines = (line.split(": ") for line in _TABLE.strip().splitlines())
    return {name: code for code, names in lines for name in names.split(", ")}


NICKNAMES: dict[str, str] = _rows()
"""Name to alpha-2. Cities, continents and what several countries share (``Virgin Islands``) are none of them."""
