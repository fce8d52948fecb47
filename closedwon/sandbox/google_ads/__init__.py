"""The Google Ads API v26 as far as conversions and conversion actions go, over gRPC on loopback.

Pages: "Import offline conversions", "Import conversion adjustments", "Partial failures", "Getting started with
conversions", and the reference of ConversionUploadService, ConversionAdjustmentUploadService, GoogleAdsService.Search,
ConversionActionService and their error enums. Messages are read with the package
that Google publishes for them; what they mean is read here anew. Imported only where it is asked for: gRPC and
its messages cost most of a second.
"""
