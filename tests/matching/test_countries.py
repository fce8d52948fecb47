"""Countries are understood as people write them: by code, by name in many languages, by nickname."""

from __future__ import annotations

import pycountry
import pytest

from matching.countries import alpha2
from tests.matching.asking import answer, normal, reason, sha256

WRITINGS = """
US: US (United States) | United States (US) | USA - United States | US of A | U S | U.S. | U.S.A
US: United-States | united states of america | The United States | The United States of America
US: Estados Unidos de América | EE.UU. | EE. UU. | Etats-Unis | États-Unis d'Amérique | Stati Uniti
US: Verenigde Staten | Vereinigte Staaten von Amerika | 美国 | アメリカ | アメリカ合衆国 | 미국 | США
US: Stany Zjednoczone | EUA | America | Förenta staterna | USA (United States)
GB: UK | U.K. | United Kingdom | The United Kingdom | Great Britain | GBR | England | Scotland | Wales
GB: Northern Ireland | Royaume-Uni | Vereinigtes Königreich | Reino Unido | Großbritannien
GB: Grossbritannien | Grande-Bretagne | Gran Bretaña | Gran Bretagna | Regno Unito | Verenigd Koninkrijk
GB: Angleterre | Inghilterra | 英国 | イギリス | 영국 | Великобритания
GB: United Kingdom of Great Britain and Northern Ireland | Engeland | UK - United Kingdom
GB: United Kingdom (GB) | Grã-Bretanha | Storbritannien
DE: Germany | Deutschland | Allemagne | Alemania | Germania | Duitsland | Bundesrepublik Deutschland
DE: GER | Federal Republic of Germany | 德国 | ドイツ | 독일 | BRD | Niemcy | Tyskland | Alemanha
FR: France | Frankreich | Francia | França | République française | 法国 | フランス | Frankrijk | Francja
FR: La France | France métropolitaine
NL: Netherlands | The Netherlands | Nederland | Pays-Bas | Niederlande | Holland | Países Bajos
NL: Paesi Bassi | Netherlands (the) | Hollande | Netherlands (Kingdom of the) | Holanda | NED
BE: Belgium | Belgique | België | Belgien | Belgique / België / Belgien | Belgio | Bélgica | Belgie
CH: Switzerland | Suisse | Schweiz | Svizzera | Suiza | Schweiz/Suisse/Svizzera | SUI | Zwitserland
CH: Svizra
AT: Austria | Österreich | Oesterreich | Autriche
ES: Spain | España | Espagne | Spanien | Spagna | Espanya
IE: Ireland | Republic of Ireland | Éire | Eire | Irlande | Irland | Ireland (Republic of)
IE: Southern Ireland
CZ: Czech Republic | Czechia | Česko | Česká republika | Tschechien | Tschechische Republik
CZ: République tchèque | Tchéquie
TR: Turkey | Türkiye | Turkiye | Turquie | Türkei
RU: Russia | Russian Federation | Россия | Russie | Russland | Российская Федерация
KR: Korea | South Korea | Republic of Korea | Korea, Republic of | Korea (South) | Korea, South
KR: S. Korea | S Korea | Corée du Sud | Südkorea | 韩国 | 대한민국 | 한국 | Korea Republic
KP: North Korea | Korea, North | DPRK
CN: China | PRC | P.R. China | PR China | People's Republic of China | 中国 | Chine | 中华人民共和国
CN: Mainland China | China (Mainland)
TW: Taiwan | Taiwan, Province of China | 臺灣 | 台湾 | Taiwan R.O.C. | Taiwan, ROC
HK: Hong Kong | Hongkong | Hong Kong SAR | 香港 | Hong Kong S.A.R. | Hong Kong SAR China
MO: Macao | Macau | Macao SAR China
VN: Vietnam | Viet Nam | Việt Nam
CI: Ivory Coast | Côte d'Ivoire | Cote d'Ivoire | Cote D Ivoire | Elfenbeinküste
BO: Bolivia | Bolivia, Plurinational State of
VE: Venezuela | Venezuela, Bolivarian Republic of
IR: Iran | Iran, Islamic Republic of
SY: Syria | Syrian Arab Republic
LA: Laos | Lao PDR | Lao
MD: Moldova | Republic of Moldova
TZ: Tanzania
MK: Macedonia | North Macedonia | FYROM | Republic of Macedonia
BA: Bosnia | Bosnia and Herzegovina | Bosnia & Herzegovina | Bosnia-Herzegovina
BA: Bosnien und Herzegowina | Bosnie-Herzégovine
TT: Trinidad & Tobago | Trinidad and Tobago | Trinidad
AG: Antigua & Barbuda | Antigua
LC: St. Lucia | Saint Lucia | St Lucia
KN: St Kitts & Nevis | Saint Kitts and Nevis
VC: St. Vincent & the Grenadines | Saint Vincent and the Grenadines | St Vincent
BL: St. Barthélemy | Saint Barthelemy
MF: Saint Martin
SX: Sint Maarten
ZA: South Africa | Republic of South Africa | RSA | Südafrika
SA: Saudi Arabia | KSA | Kingdom of Saudi Arabia | السعودية | المملكة العربية السعودية
AE: UAE | U.A.E. | United Arab Emirates | Emirates | الإمارات | الإمارات العربية المتحدة
PH: Philippines | The Philippines | Republic of the Philippines
BR: Brazil | Brasil | Brésil
MX: Mexico | México | Méjico
AR: Argentina | Argentine
DO: Dominican Republic | Rep. Dominicana | República Dominicana
DM: Dominica
CD: DR Congo | DRC | Democratic Republic of Congo | Congo, The Democratic Republic of the
CD: Congo (Kinshasa) | Congo, Democratic Republic of the | Congo - Kinshasa
CG: Congo | Republic of the Congo | Congo (Brazzaville) | Congo - Brazzaville
GM: Gambia | The Gambia | Gambia, The
BS: Bahamas | The Bahamas | Bahamas, The
GE: Georgia
PS: Palestine | Palestinian Territories | Palestinian Territory | State of Palestine
CV: Cape Verde | Cabo Verde
SZ: Swaziland | Eswatini
MM: Burma | Myanmar
TL: East Timor | Timor-Leste
VA: Vatican | Vatican City | Holy See
FM: Micronesia
NA: NA | Namibia
NO: NO | Norway | Norge | Noreg | Norwegen
SE: Sverige | Sweden | Schweden
FI: Suomi | Finland | Finnland
DK: Danmark | Denmark | Dänemark
PL: Polska | Poland | Polen
HU: Magyarország | Hungary | Ungarn | Hongrie
GR: Greece | Ελλάδα | Hellas | Grèce | EL | Griechenland | GRE
PT: Portugal | POR
HR: Hrvatska | Croatia | Kroatien | CRO
RO: România | Romania | Rumänien
BG: България | Bulgaria
UA: Україна | Ukraine
RS: Srbija | Serbia | Србија
SI: Slovenija | Slovenia
SK: Slovensko | Slovakia | Slowakei | Slovak Republic
LT: Lietuva | Lithuania
LV: Latvija | Latvia
EE: Eesti | Estonia
JP: Japan | 日本 | Japon | 日本国 | Nippon
IN: India | Bharat | भारत | Inde | Indien
TH: Thailand | ประเทศไทย | ไทย
IL: Israel | ישראל
EG: Egypt | مصر | Égypte | Ägypten
MA: Morocco | Maroc | المغرب | Marokko
DZ: Algérie | Algeria | الجزائر
TN: Tunisie | Tunisia | تونس
RE: Réunion | La Réunion | Reunion | Ile de la Réunion
GP: Guadeloupe
MQ: Martinique
GF: Guyane | Guyane française | French Guiana
NC: Nouvelle-Calédonie | New Caledonia
PF: Polynésie française | French Polynesia | Tahiti
XK: Kosovo | XK | Kosova
LU: Luxembourg | Luxemburg | Lëtzebuerg
MC: Monaco
CW: Curaçao | Curacao
PR: Puerto Rico
VI: US Virgin Islands | U.S. Virgin Islands | Virgin Islands, U.S.
VG: British Virgin Islands | Virgin Islands, British | BVI
IM: Isle of Man
JE: Jersey
GG: Guernsey
FK: Falkland Islands
BN: Brunei | Brunei Darussalam
BY: Belarus | Weißrussland | Biélorussie | Беларусь
NZ: New Zealand | NZL | Aotearoa | Nouvelle-Zélande | Neuseeland
AU: Australia | AUS | Australien | Australie
CA: Canada | CAN | Kanada | CA
ID: Indonesia | Indonesien
MY: Malaysia
SG: Singapore | Singapur | Singapour | 新加坡
PK: Pakistan
BD: Bangladesh
LK: Sri Lanka
NP: Nepal
KZ: Kazakhstan | Қазақстан | Казахстан
GW: Guinea-Bissau
GN: Guinea
GQ: Equatorial Guinea
PG: Papua New Guinea
NE: Niger
NG: Nigeria
SS: South Sudan
SD: Sudan
ST: Sao Tome and Principe | São Tomé and Príncipe | Sao Tome & Principe
TC: Turks & Caicos Islands | Turks and Caicos | Turks and Caicos Islands
WF: Wallis & Futuna
PM: St. Pierre & Miquelon
SJ: Svalbard & Jan Mayen
SH: Saint Helena | St. Helena
KY: Cayman Islands
BM: Bermuda
AX: Åland Islands | Aland Islands
"""


def _writings():
    for line in WRITINGS.strip().splitlines():
        code, names = line.split(": ", 1)
        yield from ((name, code) for name in names.split(" | "))


def test_a_country_is_understood_however_it_is_written():
    understood = {name: alpha2(name) for name, _ in _writings()}
    assert understood == dict(_writings())


def test_every_country_is_understood_by_its_codes_and_name_in_any_case():
    for country in pycountry.countries:
        for written in (country.alpha_2, country.alpha_3, country.name):
            assert {alpha2(written.upper()), alpha2(written.lower())} == {country.alpha_2}


@pytest.mark.parametrize("written", ["FR", "fra", "FRANCE", " France ", "Frankreich", "\u200bFrance"])
def test_each_platform_gets_the_code_in_its_form(written):
    assert answer("google", "country", written) == {"normalized": "FR", "plain": "FR"}
    assert answer("meta", "country", written) == {"normalized": "fr", "sha256": sha256("fr")}


@pytest.mark.parametrize(
    "written",
    [
        *(
            "ZZ",
            "Atlantis",
            "Europe",
            "EU",
            "123",
            "Yugoslavia",
            "California",
            "Other",
            "International",
            "Paris",
        ),
        *("France / Germany", "Guinea (FR)", "CA - California", "Ireland / UK", "Virgin Islands"),
    ],
)
def test_what_is_no_country_or_more_than_one_is_refused(written):
    for platform in ("meta", "google"):
        assert "ISO 3166-1" in reason(platform, "country", written)


def test_a_name_that_a_country_shares_with_a_state_is_the_country():
    assert normal("google", "country", "Georgia", state="Atlanta") == "GE"
    assert normal("google", "country", "CA", state="Los Angeles") == "CA"
    assert normal("google", "country", "Jersey", state="NJ") == "JE"


def test_kosovo_counts_for_phone_numbers_and_is_not_sent_as_a_code_that_iso_does_not_have():
    assert normal("google", "phone", "044 123 456", country="Kosovo") == "+38344123456"
    for platform in ("meta", "google"):
        assert normal(platform, "country", "Kosovo") is None
