"""The clients' YAML files, written for a newcomer to read: they are the first ones that most people see."""

from __future__ import annotations

from string import Template

INSTALLER = Template("""\
# A solar installer: leads and deals live in Salesforce, ads run on Meta and Google.
# Values in $${...} come from the environment or from the .env file beside this one.
client: $name
timezone: Europe/Paris # for dates that carry no zone
country: FR # for phone numbers and addresses that name no country
currency: EUR

sources:
  crm:
    type: salesforce
    endpoint: $endpoint # the sandbox; leave it out to reach the real Salesforce
    auth:
      flow: jwt
      domain: $domain # helio-solar.my.salesforce.com
      username: $username
      consumer_key: $${${prefix}_SALESFORCE_KEY}
      private_key_file: secrets/$name-salesforce.pem
    # Which value of which picklist means which stage of the funnel.
    stages:
      Lead.Status:
        New: lead
        Qualified: qualified
        Unqualified: lost # told to nobody: it is what closedwon values learns from, too
      Opportunity.StageName:
        Proposal: opportunity
        Closed Won: won
        Closed Lost: lost
    # Fields that this org added to both objects.
    fields:
      gclid: GCLID__c
      fbclid: FBCLID__c
      meta_lead_id: Facebook_Lead_ID__c

funnel: [lead, qualified, opportunity, won]

# What each stage is worth, and what each platform calls it.
conversions:
  lead: {value: 5, meta: Raw Lead}
  qualified: {value: 80, meta: Qualified Lead, google: "$action0"}
  opportunity: {value: amount * 0.35, meta: Opportunity}
  won: {value: amount, meta: Converted, google: "$action1"}

consent: # nothing is sent of whom nothing says that they agreed
  fields:
    ad_user_data: Marketing_Consent__c

destinations:
  meta:
    dataset_id: "$dataset"
    ad_account_id: "$ad_account" # where audiences are made, if any are declared
    access_token: $${${prefix}_META_TOKEN}
    endpoint: $endpoint
  google:
    customer_id: $customer
    customer_match_terms: accepted # those of audiences
    credentials: secrets/$name-google.json
    endpoint: $endpoint
    ads_endpoint: $google_ads # where its conversion actions are read
""")

SHOP_CHAIN = Template("""\
# A shop chain: who clicks an ad books an eye test on its website, which HubSpot keeps, and buys at a till, which
# exports its receipts as files. A purchase under the same e-mail or telephone as a booking is told to the platforms
# with what the booking knows: the click that it began with, and how else they may know the person.
# Values in $${...} come from the environment or from the .env file beside this one.
client: $name
timezone: Europe/Paris # the tills write local time without a zone
country: FR # for phone numbers that name no country
currency: EUR

sources:
  site:
    type: hubspot
    endpoint: $endpoint # the sandbox; leave it out to reach the real HubSpot
    auth:
      flow: service_key
      token: $${${prefix}_HUBSPOT_KEY}
    stages:
      contact.lifecyclestage: {Lead: lead}
    # Stage-entry column to a property that this portal added; Google's and Meta's click ids need no mapping.
    fields:
      gbraid: gbraid
      wbraid: wbraid
      meta_lead_id: facebook_lead_id
      ad_user_data: marketing_consent
  shops:
    type: pos_files
    path: pos/*.csv # each file's encoding, delimiter, dates and decimals are found out
    # Stage-entry column to the header in the files.
    columns:
      order_id: Order
      entered_at: Date
      amount: Total
      email: Email
      phone: Phone
      first_name: First name
      last_name: Last name
      postal_code: Postcode
      external_id: Loyalty card
      store: Store
      ad_user_data: Marketing consent
    # Besides a negative amount, this marks a refund.
    refunds: {column: Type, values: [Refund]}

funnel: [lead, purchase]

conversions:
  lead: {value: 4, meta: Raw Lead}
  purchase:
    value: amount
    meta: Purchase
    google: "$action0"
    google_event_source: IN_STORE

consent: # each source says above where it keeps the answer
  unspecified: send # who was not asked is told of too; left out, nothing is sent of them

destinations:
  meta:
    dataset_id: "$dataset"
    ad_account_id: "$ad_account" # where audiences are made, if any are declared
    access_token: $${${prefix}_META_TOKEN}
    endpoint: $endpoint
  google:
    customer_id: $customer
    customer_match_terms: accepted # those of audiences
    credentials: secrets/$name-google.json
    endpoint: $endpoint
    ads_endpoint: $google_ads # where its conversion actions are read
""")

SHOP_CHAIN_LEGACY = Template("""\
# The shop chain of $name.yaml, had it gone on with the Google Ads API: that is closed to whoever did not use it before
# June 2026. It answers for every row at once, takes new values, and takes back what was refunded.
# Values in $${...} come from the environment or from the .env file beside this one.
client: $name-legacy
timezone: Europe/Paris # the tills write local time without a zone
country: FR # for phone numbers that name no country
currency: EUR

sources:
  site: # what a booking knows of who buys later, such as the click of an ad
    type: hubspot
    endpoint: $endpoint # the sandbox; leave it out to reach the real HubSpot
    auth:
      flow: service_key
      token: $${${prefix}_HUBSPOT_KEY}
    stages:
      contact.lifecyclestage: {Lead: lead}
    fields:
      gbraid: gbraid
      wbraid: wbraid
      ad_user_data: marketing_consent
  shops:
    type: pos_files
    path: pos/*.csv
    # Stage-entry column to the header in the files.
    columns:
      order_id: Order
      entered_at: Date
      amount: Total
      email: Email
      phone: Phone
      store: Store
      ad_user_data: Marketing consent
    # Besides a negative amount, this marks a refund.
    refunds: {column: Type, values: [Refund]}

funnel: [lead, purchase]

conversions:
  purchase: {value: amount, google: "$action0"}

consent: # each source says above where it keeps the answer
  unspecified: send # who was not asked is told of too; left out, nothing is sent of them

destinations:
  google:
    via: google_ads
    customer_id: $customer
    credentials: secrets/$name-google.json
    endpoint: $google_ads # a port of its own: this API speaks gRPC
    restate_after_hours: 0 # to be tried at once; left out, a day passes before a change is told
""")

SCHOOL = Template("""\
# A language school: contacts and deals live in HubSpot, ads run on Meta and Google.
# Values in $${...} come from the environment or from the .env file beside this one.
client: $name
timezone: Europe/Paris # for dates that carry no zone
country: FR # for phone numbers and addresses that name no country
currency: EUR

sources:
  crm:
    type: hubspot
    endpoint: $endpoint # the sandbox; leave it out to reach the real HubSpot
    auth:
      flow: service_key
      token: $${${prefix}_HUBSPOT_KEY}
    # Which stage means which stage of the funnel, by its label or its internal value.
    stages:
      contact.lifecyclestage:
        Lead: lead
        Marketing Qualified Lead: qualified
      deal.dealstage:
        "Courses: Offer sent": opportunity # two pipelines have an "Offer sent"
        Enrolled: won
        "Courses: Lost": lost # told to nobody: it is what closedwon values learns from, too

funnel: [lead, qualified, opportunity, won]

# What each stage is worth, and what each platform calls it.
conversions:
  lead: {value: 3, meta: Raw Lead}
  qualified: {value: 40, meta: Qualified Lead, google: "$action0"}
  opportunity: {value: amount * 0.35, meta: Opportunity}
  won: {value: amount, meta: Converted, google: "$action1"}

consent: # nothing is sent of whom nothing says that they agreed
  fields:
    ad_user_data: marketing_consent # a property that this portal added

destinations:
  meta:
    dataset_id: "$dataset"
    ad_account_id: "$ad_account" # where audiences are made, if any are declared
    access_token: $${${prefix}_META_TOKEN}
    endpoint: $endpoint
  google:
    customer_id: $customer
    customer_match_terms: accepted # those of audiences
    credentials: secrets/$name-google.json
    endpoint: $endpoint
    ads_endpoint: $google_ads # where its conversion actions are read
""")
