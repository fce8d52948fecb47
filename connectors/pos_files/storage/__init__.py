"""Where a till's files lie: on this machine, in an archive, or behind s3://, gs:// and sftp://."""
